import {Stopwatch, smallestStep, summary} from '../../../backends/dispatcher/stopwatch';
import {SimulatedClock} from '../../hosts/fakes';

/** A clock that moves by its step each time that it is read, or stands still. */
function ticking(step: number): () => number {
  const clock = new SimulatedClock(step);
  return () => {
    clock.pass(step);
    return clock.now();
  };
}

test('a sample is trusted from half a millisecond on, and from 20 steps of the clock on', () => {
  const fine = new Stopwatch(ticking(2 ** -10));
  expect([0.49, 0.5].map((ms) => fine.trusts(ms))).toEqual([false, true]);
  const coarse = new Stopwatch(ticking(0.125));
  expect([2.49, 2.5].map((ms) => coarse.trusts(ms))).toEqual([false, true]);
});

test('a clock that does not move while it is watched is taken for one of 1 ms, until it has moved by less', () => {
  let time = 0;
  const stopwatch = new Stopwatch(() => time);
  expect(smallestStep(() => time)).toBe(Number.POSITIVE_INFINITY);
  expect([19.9, 20].map((ms) => stopwatch.trusts(ms))).toEqual([false, true]);
  expect(stopwatch.since(0)).toBe(0); // says nothing about its step
  expect(stopwatch.trusts(19.9)).toBe(false);
  time = 0.25;
  expect(stopwatch.since(0)).toBe(0.25);
  expect([4.9, 5].map((ms) => stopwatch.trusts(ms))).toEqual([false, true]);
});

test('of samples in any order the median, and a fifth and four fifths of the way', () => {
  const samples = [10, 0, 1, 9, 2, 8, 3, 7, 4, 6, 5];
  expect(summary(samples)).toEqual({median: 5, p20: 2, p80: 8, samples: 11});
  expect(samples[0]).toBe(10);
});
