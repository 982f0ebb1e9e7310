import {Experience} from '../../../../backends/engines/wasm/experience';

const MS = 1e6;

/** How many of so many jobs of a millisecond are shared if each that is gains so much, or, below 0, loses. */
function shared(experience: Experience, jobs: number, gainedMs: number): number {
  let count = 0;
  for (let i = 0; i < jobs; i++) {
    if (!experience.favorsSharing(MS)) continue;
    count++;
    experience.addJob(MS, (0.5 - gainedMs) * MS);
  }
  return count;
}

test('work is shared at first, and for as long as that gains', () => {
  expect(shared(new Experience(), 1000, 0.2)).toBe(1000);
});

test('after a loss 32 times as much work is left to one thread, again and again', () => {
  const experience = new Experience();
  expect(shared(experience, 1, -2)).toBe(1);
  expect(shared(experience, 64, 0)).toBe(0);
  expect(shared(experience, 1, -2)).toBe(1);
  expect(shared(experience, 650, -2)).toBe(10);
});

test('a rare loss is made up for by what is gained between: sharing goes on', () => {
  const experience = new Experience();
  let count = 0;
  for (let i = 0; i < 100; i++) count += shared(experience, 49, 0.2) + shared(experience, 1, -3);
  expect(count).toBe(5000);
});

test('a machine that becomes busy is found out after a few losses, and one that becomes idle after a while', () => {
  const experience = new Experience();
  shared(experience, 10_000, 0.4);
  expect(shared(experience, 640, -1)).toBeLessThan(25);
  experience.addJob(MS, 2000 * MS);
  expect(shared(experience, 1000, 0.4)).toBeGreaterThan(870);
});

test('threads that come too late are woken for more and more work only, and now and then for less', () => {
  const experience = new Experience();
  expect(experience.favorsWaking(0.1 * MS)).toBe(false);
  const wakes: number[] = [];
  for (let i = 0; i < 100; i++) {
    if (!experience.favorsWaking(MS)) continue;
    wakes.push(i);
    experience.addWaking(true);
  }
  expect(wakes.slice(0, 3)).toEqual([0, 1, 2]);
  expect(wakes.length).toBeLessThan(12);
  expect(wakes.at(-1)).toBeGreaterThan(50);
  for (let i = 0; i < 10; i++) experience.addWaking(true);
  expect(experience.favorsWaking(5 * MS)).toBe(true);
});

test('small work does not lower the limit; threads that come in time do', () => {
  const experience = new Experience();
  for (let i = 0; i < 4; i++) experience.addWaking(true);
  for (let i = 0; i < 1000; i++) experience.favorsWaking(0.1 * MS);
  expect(experience.favorsWaking(0.3 * MS)).toBe(false);
  for (let i = 0; i < 4; i++) experience.addWaking(false);
  expect(experience.favorsWaking(0.2 * MS)).toBe(true);
});
