import {maskRuns} from '../../../../backends/engines/mask_runs';
import type {Rows} from '../../../../backends/engines/types';
import {type Kernels, kernelsOn} from '../../../../backends/engines/wasm/module';
import {
  launch,
  type Plan,
  planForward,
  planLoss,
  planLossGradient,
  planProduct,
} from '../../../../backends/engines/wasm/plan';
import {nodeHost} from '../../../../backends/engines/wasm/thread_host';
import {Threads} from '../../../../backends/engines/wasm/threads';
import {Random} from '../../../cases/random';

const MIB = 1 << 20;
const memory = new WebAssembly.Memory({initial: 512, maximum: 512, shared: true});
const kernels = kernelsOn(memory);
/** Where the inputs are, the result of one thread and that of several; each with room for a MiB of floats. */
const [X, SECOND, THIRD, ALONE, SHARED] = [0, 4 * MIB, 8 * MIB, 12 * MIB, 16 * MIB];

function floats(at: number, length: number): Float32Array {
  return new Float32Array(memory.buffer, at, length);
}

/** The same on several threads as on one: bit by bit. */
function expectSame(threads: Threads, plan: Plan, rows: Rows): void {
  const size = rows.outer * plan.outPerBlock;
  floats(SHARED, size).fill(-1);
  launch(plan, kernels.call, X, ALONE, SECOND, plan.thirdPerBlock > 0 ? THIRD : 0);
  threads.run(plan, X, SHARED, SECOND, plan.thirdPerBlock > 0 ? THIRD : 0);
  const bytes = (at: number) => Buffer.from(memory.buffer, at, 4 * size);
  expect(bytes(SHARED).equals(bytes(ALONE))).toBe(true);
}

describe.each([1, 2, 3])('%d threads', (count) => {
  const threads = new Threads(kernels, nodeHost()!, count);
  const random = new Random(count);
  afterAll(() => threads.stop());
  beforeAll(() => {
    floats(X, MIB).set(random.normals(MIB, 5));
    floats(THIRD, MIB).set(random.normals(MIB, 1));
  });

  test('as many as were asked for', () => {
    expect(threads.count).toBe(count);
  });

  test('give what one gives, job after job, whatever the rows', () => {
    floats(SECOND, MIB).set(random.normals(MIB, 1));
    for (let job = 0; job < 40; job++) {
      const [n, inner] = [random.integer(1, 3000), [1, 1, 4, 9][job % 4]!];
      const outer = random.integer(1, Math.floor(MIB / (n * inner)));
      const rows = {outer, n, inner};
      expectSame(
        threads,
        planForward((['softmax', 'logSoftmax', 'logSumExp'] as const)[job % 3]!, rows, 0.5, null),
        rows,
      );
      expectSame(threads, planProduct('softmaxProduct', rows, 0.3), rows);
      const loss = {rows, sparse: false, smoothing: 0.1, total: null};
      expectSame(threads, planLoss(loss), rows);
      expectSame(threads, planLossGradient(loss), rows);
    }
  });

  test.each([
    {name: 'repeated', mask: [1, 40, 1]},
    {name: 'of its own for every row', mask: [4000, 40, 5]},
    {name: 'one flag a row', mask: [4000, 1, 5]},
  ])('masks, $name', ({mask}) => {
    const rows = {outer: 4000, n: 40, inner: 5};
    const flags = new Uint8Array(memory.buffer, SECOND, 4 * MIB);
    for (let i = 0; i < MIB; i++) flags[i] = Number(random.uniform() < 0.7);
    expectSame(threads, planForward('logSoftmax', rows, 1, maskRuns(mask, [4000, 40, 5], 1)), rows);
  });

  test.each([
    {name: 'in all', repeats: 3, n: 64},
    {name: 'in one chunk', repeats: 2, n: 4},
  ])('masks of more pieces than there is room to write down, $name', ({repeats, n}) => {
    const count = 4000;
    const rows = {outer: count * repeats, n, inner: 1};
    const flags = new Uint8Array(memory.buffer, SECOND, 4 * MIB);
    for (let i = 0; i < MIB; i++) flags[i] = Number(random.uniform() < 0.7);
    const plan = planForward('softmax', rows, 1, maskRuns([count, 1, n], [count, repeats, n], 2));
    let calls = 0;
    launch(plan, () => calls++, X, ALONE, SECOND, 0);
    expect(calls).toBe(count);
    expectSame(threads, plan, rows);
  });

  test('a total is the sum of what the chunks give, and the same for any number of threads', () => {
    floats(SECOND, MIB).set(random.normals(MIB, 1).map(Math.abs));
    const rows = {outer: 1000, n: 1000, inner: 1};
    const plan = planLoss({rows, sparse: false, smoothing: 0, total: 0.001});
    const chunks = threads.run(plan, X, SHARED, SECOND, 0);
    launch(plan, kernels.call, X, ALONE, SECOND, 0);
    const sum = floats(SHARED, chunks).reduce((a, b) => a + b);
    expect(chunks).toBeGreaterThan(10);
    expect(Math.abs(sum / floats(ALONE, 1)[0]! - 1)).toBeLessThan(1e-6);
    const first = Array.from(floats(SHARED, chunks));
    const others = new Threads(kernels, nodeHost()!, 2);
    others.run(plan, X, SHARED, SECOND, 0);
    others.stop();
    expect(Array.from(floats(SHARED, chunks))).toEqual(first);
  });
});

test('other threads take part', async () => {
  const threads = new Threads(kernels, nodeHost()!, 2);
  const rows = {outer: 1000, n: 1000, inner: 1};
  const plan = planForward('softmax', rows, 1, null);
  // The other starts in the background; until then this one does all.
  while (threads.own === threads.submitted) {
    threads.run(plan, X, SHARED, 0, 0);
    await new Promise(setImmediate);
  }
  expect(threads.own).toBeLessThan(threads.submitted);
  threads.stop();
});

test('threads that never start leave the work to this one', () => {
  const idle: Kernels = kernelsOn(memory);
  const threads = new Threads(idle, {...nodeHost()!, start: () => ({terminate() {}})}, 4);
  const rows = {outer: 1000, n: 1000, inner: 1};
  expectSame(threads, planForward('softmax', rows, 1, null), rows);
  expect(threads.own).toBe(threads.submitted);
});
