import {maskRuns} from '../../../../backends/engines/mask_runs';
import {divisionFor} from '../../../../backends/engines/wasm/chunks';
import {launchInParts} from '../../../../backends/engines/wasm/divide';
import {kernelsOn} from '../../../../backends/engines/wasm/module';
import {
  launch,
  type Plan,
  planForward,
  planLoss,
  planLossGradient,
  planProduct,
  planProductOfLogits,
} from '../../../../backends/engines/wasm/plan';
import {nodeHost, type ThreadHost} from '../../../../backends/engines/wasm/thread_host';
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

/** Threads that have started: on a busy machine that may take a while. */
async function started(count: number): Promise<Threads> {
  const threads = new Threads(kernels, nodeHost()!, count);
  threads.start();
  while (threads.helpersFor(MIB).awake + threads.helpersFor(MIB).wake < count - 1) await turn();
  return threads;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** The same on several threads as on one: bit by bit. */
function expectSame(threads: Threads, plan: Plan, helpers = threads.count): void {
  const second = plan.mask || plan.secondPerBlock > 0 ? SECOND : 0;
  const third = plan.thirdPerBlock > 0 ? THIRD : 0;
  const division = divisionFor(plan, helpers);
  const size = plan.rows.outer * plan.outPerBlock || division.count;
  floats(SHARED, size).fill(-1);
  if (plan.outPerBlock > 0) launch(plan, kernels.call, X, ALONE, second, third);
  else launchInParts(plan, kernels.call, [X, ALONE, second, third], division.count);
  expect(threads.run(plan, [X, SHARED, second, third], division, threads.count)).toBe(true);
  const bytes = (at: number) => Buffer.from(memory.buffer, at, 4 * size);
  expect(bytes(SHARED).equals(bytes(ALONE))).toBe(true);
}

describe.each([1, 2, 3, 8])('%d threads', (count) => {
  let threads: Threads;
  const random = new Random(count);
  beforeAll(async () => {
    threads = await started(count);
    floats(X, MIB).set(random.normals(MIB, 5));
    floats(THIRD, MIB).set(random.normals(MIB, 1));
  });
  afterAll(() => threads.stop());

  test('give what one gives, job after job, whatever the rows', () => {
    floats(SECOND, MIB).set(random.normals(MIB, 1));
    for (let job = 0; job < 40; job++) {
      const [n, inner] = [random.integer(1, [3000, 40][job % 2]!), [1, 1, 4, 9][job % 4]!];
      const outer = random.integer(1, Math.floor(MIB / (n * inner)));
      const rows = {outer, n, inner};
      const kind = (['softmax', 'logSoftmax', 'logSumExp'] as const)[job % 3]!;
      const product = (['softmaxProduct', 'logSoftmaxJvp', 'logSoftmaxVjp'] as const)[job % 3]!;
      expectSame(threads, planForward(kind, rows, 0.5, null));
      expectSame(threads, planProduct(product, rows, 0.3));
      const loss = {rows, sparse: false, smoothing: 0.1, total: job % 2 ? null : 1 / outer};
      expectSame(threads, planLoss(loss));
      expectSame(threads, planLossGradient(loss));
      const ofLogits = planProductOfLogits('logSoftmaxVjp', rows, 1, 1);
      if (ofLogits) expectSame(threads, ofLogits);
    }
    // Chunks of every job were there for all; on a busy machine some threads may come too late for each.
    expect(threads.taken.reduce((a, b) => a + b)).toBeGreaterThan(200);
    if (count > 1) expect(threads.taken.filter((chunks) => chunks > 0).length).toBeGreaterThan(1);
  });

  test.each([
    {outer: 1, n: 9, inner: 5000},
    {outer: 1, n: 200, inner: 1024}, // a stride with which the last sweep is taken apart
    {outer: 2, n: 21, inner: 4097},
  ])('few blocks of [$outer, $n, $inner] are divided into columns', (rows) => {
    const kinds = ['softmax', 'logSoftmax', 'logSumExp'] as const;
    const products = ['softmaxProduct', 'logSoftmaxJvp', 'logSoftmaxVjp'] as const;
    const plans = [
      ...kinds.map((kind) => planForward(kind, rows, 0.5, null)),
      ...kinds.map((kind) => planForward(kind, rows, 0.3, null)), // no power of two: rows are gathered
      ...products.map((kind) => planProduct(kind, rows, 0.3)),
    ];
    floats(SECOND, MIB).set(floats(THIRD, MIB));
    for (const plan of plans) {
      expect(divisionFor(plan, count).parts).toBeGreaterThan(1);
      expectSame(threads, plan);
    }
  });

  test.each([
    {name: 'for every element', of: (outer: number, n: number, inner: number) => [outer, n, inner]},
    {name: 'for all columns', of: (outer: number, n: number) => [outer, n, 1]},
    {name: 'for all rows of a column', of: (_: number, __: number, inner: number) => [1, 1, inner]},
    {name: 'that goes on and repeats', of: (outer: number, n: number, inner: number) => [outer, n, inner / 64, 1]},
  ])('few blocks with a mask $name are divided into columns', ({of}) => {
    const flags = new Uint8Array(memory.buffer, SECOND, 4 * MIB);
    for (let i = 0; i < MIB; i++) flags[i] = Number(random.uniform() < 0.7);
    for (const rows of [
      {outer: 1, n: 9, inner: 5056},
      {outer: 2, n: 21, inner: 4096},
    ]) {
      const {outer, n, inner} = rows;
      const mask = of(outer, n, inner);
      const shape = mask.length === 3 ? [outer, n, inner] : [outer, n, inner / 64, 64];
      for (const kind of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
        const plan = planForward(kind, rows, 0.5, maskRuns(mask, shape, 1));
        expect(divisionFor(plan, count).parts).toBeGreaterThan(1);
        expectSame(threads, plan);
      }
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
    expectSame(threads, planForward('logSoftmax', rows, 1, maskRuns(mask, [4000, 40, 5], 1)));
  });

  test.each([
    {name: 'in all', repeats: 3, n: 64},
    {name: 'in one chunk', repeats: 2, n: 4},
  ])('masks of more pieces than there is room to write down, $name', ({repeats, n}) => {
    const pieces = 4000;
    const rows = {outer: pieces * repeats, n, inner: 1};
    const flags = new Uint8Array(memory.buffer, SECOND, 4 * MIB);
    for (let i = 0; i < MIB; i++) flags[i] = Number(random.uniform() < 0.7);
    const plan = planForward('softmax', rows, 1, maskRuns([pieces, 1, n], [pieces, repeats, n], 2));
    let calls = 0;
    launch(plan, () => calls++, X, ALONE, SECOND, 0);
    expect(calls).toBe(pieces);
    expectSame(threads, plan);
  });

  test('a total is the sum of parts, the same ones for any number of threads', () => {
    floats(SECOND, MIB).set(random.normals(MIB, 1).map(Math.abs));
    const rows = {outer: 1000, n: 1000, inner: 1};
    const plan = planLoss({rows, sparse: false, smoothing: 0, total: 0.001});
    const division = divisionFor(plan, count);
    expect(division).toEqual(divisionFor(plan, 5));
    expect(division.count).toBeGreaterThan(10);
    expectSame(threads, plan);
    const sum = floats(SHARED, division.count).reduce((a, b) => a + b);
    launch(plan, kernels.call, X, ALONE, SECOND, 0);
    expect(Math.abs(sum / floats(ALONE, 1)[0]! - 1)).toBeLessThan(1e-6);
  });
});

const rows = {outer: 1000, n: 1000, inner: 1};
const softmax = planForward('softmax', rows, 1, null);

test('nothing is started by a small job; a large one has threads started, which come later', async () => {
  const host = nodeHost()!;
  const start = jest.spyOn(host, 'start');
  const threads = new Threads(kernels, host, 3);
  expect(threads.helpersFor(20_000)).toEqual({awake: 0, wake: 0});
  await turn();
  expect(start).toHaveBeenCalledTimes(0);
  expect(threads.helpersFor(1e6)).toEqual({awake: 0, wake: 0});
  expect(start).toHaveBeenCalledTimes(0);
  while (threads.helpersFor(1e6).awake + threads.helpersFor(1e6).wake < 2) await turn();
  expect(start).toHaveBeenCalledTimes(2);
  threads.stop();
});

test('much work starts them at once, in a program that never returns to its event loop', () => {
  const host = nodeHost()!;
  const start = jest.spyOn(host, 'start');
  const threads = new Threads(kernels, host, 2);
  for (let i = 0; i < 11; i++) threads.helpersFor(5e6);
  expect(start).toHaveBeenCalledTimes(1);
  while (threads.taken[1] === 0) {
    const {awake, wake} = threads.helpersFor(softmax.ns);
    threads.run(softmax, [X, SHARED, 0, 0], divisionFor(softmax, 2), awake + wake);
  }
  threads.stop();
});

test('who sleeps is woken for a large job, or for small ones close together', async () => {
  const threads = await started(2);
  while (threads.helpersFor(20_000).awake > 0) await turn();
  await turn();
  expect(threads.helpersFor(20_000).wake).toBe(0);
  await turn();
  expect(threads.helpersFor(1e6).wake).toBe(1);
  await turn();
  const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now());
  const wakes = Array.from({length: 12}, () => threads.helpersFor(20_000).wake);
  expect(wakes).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
  clock.mockRestore();
  threads.stop();
});

test('who has slept for long goes back to its event loop, says so, and is called from there', async () => {
  // Seconds of sleep, made short.
  const host = changedHost((program) => program.replace('end, 1000)', 'end, 1)'));
  const idle = jest.fn();
  const threads = new Threads(kernels, host, 3, idle);
  threads.start();
  while (idle.mock.calls.length < 2) await turn();
  expect(threads.helpersFor(1e6)).toEqual({awake: 0, wake: 0}); // and calls them
  while (threads.helpersFor(1e6).awake + threads.helpersFor(1e6).wake === 0) await turn();
  threads.stop();
});

test('where another thread is interrupted again and again, most jobs are left to one', async () => {
  const threads = new Threads(kernels, changedHost(interrupted('run(chunk);', 5)), 2);
  threads.start();
  while (threads.helpersFor(MIB).awake + threads.helpersFor(MIB).wake === 0) await turn();
  // Until it was waited for; on a busy machine it may come too late for that.
  while (threads.taken[1] === 0 || execute(threads) !== null) {
    execute(threads);
    await turn();
  }
  const shared = Array.from({length: 20}, () => execute(threads)).filter((result) => result !== null);
  expect(shared.length).toBeLessThan(5);
  let alone = 0;
  while (execute(threads) === null) alone++;
  expect(alone).toBeLessThan(2000);
  expect(threads.failure).toBeNull();
  threads.stop();
});

test('a thread that comes late when it is woken is woken less often', async () => {
  const threads = new Threads(kernels, changedHost(interrupted("!== 'timed-out') {", 20)), 2);
  threads.start();
  while (threads.helpersFor(MIB).awake + threads.helpersFor(MIB).wake === 0) await turn();
  let wakes = 0;
  for (let job = 0; job < 60; job++) {
    while (threads.helpersFor(20_000).awake > 0) await turn();
    await turn();
    if (execute(threads) !== null) wakes++;
  }
  expect(wakes).toBeGreaterThan(2);
  expect(wakes).toBeLessThan(15);
  threads.stop();
});

test('who waits for a chunk of this thread leaves the core to it', async () => {
  const WAITS = 1; // a counter that nothing else uses
  const yields = /Atomics\.wait\(counters, 32, finished/;
  const host = changedHost((program) =>
    program.replace(yields, (text) => `Atomics.add(counters, ${WAITS}, 1), ${text}`),
  );
  const functions = Object.entries(kernels.functions) as [string, (...values: number[]) => void][];
  const slow = functions.map(([name, run]) => [
    name,
    (...values: number[]) => {
      for (const start = performance.now(); performance.now() - start < 20; );
      run(...values);
    },
  ]);
  const threads = new Threads({...kernels, functions: Object.fromEntries(slow)}, host, 2);
  const counters = Reflect.get(threads, 'counters') as Int32Array;
  threads.start();
  // On a busy machine it may come too late for a chunk.
  while (Atomics.load(counters, WAITS) === 0) {
    await turn();
    expect(threads.run(softmax, [X, SHARED, 0, 0], {count: 2, parts: 1}, 1)).toBe(true);
  }
  threads.stop();
});

/** @returns whether it is done, or null if this thread is to do it alone */
function execute(threads: Threads): boolean | null {
  return threads.execute(softmax, [X, SHARED, 0, 0], () => {
    throw new Error('these rows are not shared');
  });
}

/** Of the program: so long a pause after some text. */
function interrupted(after: string, ms: number): (program: string) => string {
  return (program) =>
    program.replace(after, `${after} Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});`);
}

/** A host whose threads run another program. */
function changedHost(change: (program: string) => string): ThreadHost {
  const host = nodeHost()!;
  return {
    ...host,
    start(program, data, events) {
      const changed = change(program);
      if (changed === program) throw new Error('the program is another');
      return host.start(changed, data, events);
    },
  };
}

describe('threads that do not do their part', () => {
  let warn: jest.SpyInstance;
  beforeEach(() => {
    warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  });
  afterEach(() => warn.mockRestore());

  test('those that never start leave the work to this one', () => {
    const threads = new Threads(kernels, {...nodeHost()!, start: () => ({resume() {}, terminate() {}})}, 4);
    threads.start();
    expectSame(threads, softmax);
    expect(threads.helpersFor(1e6)).toEqual({awake: 0, wake: 0});
    expect(threads.taken.slice(1)).toEqual([0, 0, 0]);
    expect(warn).toHaveBeenCalledTimes(0);
  });

  test('a host that starts none', () => {
    const refuse = () => {
      throw new TypeError("Failed to construct 'Worker': This document requires 'TrustedScriptURL' assignment.");
    };
    const threads = new Threads(kernels, {...nodeHost()!, start: refuse}, 4);
    threads.start();
    expect(threads.failure).toContain('TrustedScriptURL');
    expectSame(threads, softmax);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test.each([
    {name: 'throws at its start', change: (program: string) => program.replace('const functions', "throw Error('!');")},
    {name: 'ends by itself', change: () => 'process.exit(3)'},
  ])('one that $name', async ({change}) => {
    const threads = new Threads(kernels, changedHost(change), 2);
    threads.start();
    while (threads.failure === null) await turn();
    expectSame(threads, softmax);
    expect(threads.helpersFor(1e6)).toEqual({awake: 0, wake: 0});
    expect(warn).toHaveBeenCalledTimes(1);
  });

  const MIDDLE = 'run(chunk);\n';
  test.each([
    {name: 'dies', change: 'throw Error("killed");'},
    {name: 'is frozen', change: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'},
  ])('one that $name in the middle of a chunk is given up, and said so once', async ({change}) => {
    const host = changedHost((program) => program.replace(MIDDLE, `run(chunk); ${change}\n`));
    const threads = new Threads(kernels, host, 2);
    threads.start();
    while (threads.helpersFor(MIB).awake + threads.helpersFor(MIB).wake === 0) await turn();
    const begun = performance.now();
    let isDone = true;
    // Until it has taken a chunk; on a busy machine that may be late.
    while (isDone) isDone = threads.run(softmax, [X, SHARED, 0, 0], divisionFor(softmax, 2), 1);
    expect(performance.now() - begun).toBeGreaterThan(1900);
    expect(threads.failure).toMatch(/not finished its part within 2 seconds/);
    expect(threads.helpersFor(1e6)).toEqual({awake: 0, wake: 0});
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(/^tfjs-softmax: a thread .* From now on one thread computes\.$/);
    await turn();
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
