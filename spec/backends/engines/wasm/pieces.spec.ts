import {maskRuns} from '../../../../backends/engines/mask_runs';
import {piecesFor, SLOT} from '../../../../backends/engines/wasm/pieces';
import {
  launch,
  type Plan,
  planForward,
  planLoss,
  planProduct,
  planProductOfLogits,
} from '../../../../backends/engines/wasm/plan';
import {nodeHost, type ThreadHost} from '../../../../backends/engines/wasm/thread_host';
import {Threads} from '../../../../backends/engines/wasm/threads';
import {logSoftmax, logSumExp, softmax} from '../../../../kernels/reference';
import {Random} from '../../../cases/random';
import {ulpError, ulpErrorAboveOne, worst} from '../../../ulp';
import {BUILDS, GuardedMemory} from './guarded_memory';

const FORWARD = ['softmax', 'logSoftmax', 'logSumExp'] as const;
const KINDS = [...FORWARD, 'gradient'] as const;
const PIECE = 4096;
/** The fewest elements that are cut. */
const SHORTEST = 33_300;
/** Around the limits of what is cut and of pieces, where the last one is shortest or longest. */
const LENGTHS = [SHORTEST, 9 * PIECE - 1, 9 * PIECE, ...[1, 2, 3, 4, 5, 17].map((more) => 9 * PIECE + more), 50_257];

function planOf(kind: (typeof KINDS)[number], n: number, scale = 1, outer = 1): Plan {
  const rows = {outer, n, inner: 1};
  if (kind === 'gradient') return planProductOfLogits('logSoftmaxVjp', rows, scale, scale)!;
  return planForward(kind, rows, scale, null);
}

/** With a mask of one byte for each element, or one row of them for all rows. */
function maskedPlanOf(kind: (typeof FORWARD)[number], n: number, scale = 1, outer = 1, maskRows = outer): Plan {
  return planForward(kind, {outer, n, inner: 1}, scale, maskRuns([maskRows, n], [outer, n], 1));
}

function randomMask(random: Random, length: number): Uint8Array {
  return Uint8Array.from({length}, () => Number(random.uniform() < 0.7));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Threads that have started, and of which as many as that are there for every job. */
async function started(memory: GuardedMemory, count: number, host = nodeHost()!): Promise<Threads> {
  const threads = new Threads(memory.kernels, host, count);
  threads.start();
  while (threads.helpersFor(1e9).awake + threads.helpersFor(1e9).wake < count - 1) await turn();
  threads.helpersFor = () => ({awake: 0, wake: count - 1});
  return threads;
}

interface Result {
  values: Float32Array;
  isDone: boolean | null;
  /** Whether memory for the pieces was asked for and given back. */
  asked: number;
  freed: number;
}

/** @param v address of the vector of a gradient, or of a mask; 0 for other kinds */
function onThreads(
  threads: Threads,
  memory: GuardedMemory,
  plan: Plan,
  x: number,
  v = 0,
  place = (floats: number) => memory.output(floats),
): Result {
  const size = plan.rows.outer * plan.outPerBlock;
  const out = place(size);
  let [asked, freed] = [0, 0];
  const isDone = threads.execute(plan, [x, out, v, 0], (floats) => {
    asked += floats;
    return {at: place(floats), free: () => freed++};
  });
  return {values: memory.values(out, size), isDone, asked, freed};
}

function alone(memory: GuardedMemory, plan: Plan, x: number, v = 0): Float32Array {
  const size = plan.rows.outer * plan.outPerBlock;
  const out = memory.output(size);
  launch(plan, memory.kernels.call, x, out, v, 0);
  return memory.values(out, size);
}

/** Lays logits, and for a gradient a vector, or a mask: many threads give the bits of one. */
function expectSame(
  threads: Threads,
  memory: GuardedMemory,
  plan: Plan,
  logits: Float32Array,
  second: Float32Array | Uint8Array,
): Result {
  memory.clear();
  const x = memory.input(logits);
  const v = plan.mask || plan.secondPerBlock > 0 ? memory.input(second, plan.mask ? 5 : 8) : 0;
  const result = onThreads(threads, memory, plan, x, v);
  const pieces = piecesFor(plan, threads.count);
  expect([result.isDone, result.asked, result.freed]).toEqual([true, pieces * SLOT, 1]);
  expectSameBits(result.values, alone(memory, plan, x, v));
  expect(memory.intact()).toBe(true);
  return result;
}

/** Bit by bit, but for the bits of a NaN. */
function expectSameBits(values: Float32Array, expected: Float32Array): void {
  const bits = (floats: Float32Array) =>
    new Uint8Array(floats.map((value) => (Number.isNaN(value) ? 1.5e38 : value)).buffer);
  expect(Buffer.compare(bits(values), bits(expected))).toBe(0);
}

test.each([
  {name: 'one long row', plan: planOf('softmax', 50_257), threads: 2, pieces: 13},
  {name: 'a scale that is no power of two', plan: planOf('logSoftmax', 50_257, 0.3), threads: 2, pieces: 13},
  {name: 'fewer rows than threads', plan: planOf('logSumExp', 50_257, 1, 3), threads: 4, pieces: 13},
  {name: 'as many rows as threads', plan: planOf('softmax', 50_257, 1, 4), threads: 4, pieces: 0},
  {name: 'the shortest that is cut', plan: planOf('softmax', SHORTEST), threads: 2, pieces: 9},
  {name: 'a shorter one', plan: planOf('softmax', SHORTEST - 1), threads: 2, pieces: 0},
  {name: 'a last piece of one vector', plan: planOf('softmax', 9 * PIECE + 4), threads: 2, pieces: 10},
  {name: 'no piece of less than that', plan: planOf('softmax', 9 * PIECE + 3), threads: 2, pieces: 9},
  {name: 'a mask', plan: maskedPlanOf('softmax', 23_600), threads: 2, pieces: 6},
  {name: 'a mask, and a shorter row', plan: maskedPlanOf('softmax', 23_400), threads: 2, pieces: 0},
  {
    name: 'a mask of whole rows',
    plan: planForward('softmax', {outer: 2, n: 50_257, inner: 1}, 1, maskRuns([2, 1], [2, 50_257], 1)),
    threads: 3,
    pieces: 0,
  },
  {
    name: 'a mask with a scale that is no power of two',
    plan: maskedPlanOf('softmax', 50_257, 0.3),
    threads: 2,
    pieces: 0,
  },
  {
    name: 'rows side by side',
    plan: planForward('softmax', {outer: 1, n: 50_000, inner: 4}, 1, null),
    threads: 2,
    pieces: 0,
  },
  {name: 'columns', plan: planForward('softmax', {outer: 1, n: 50_000, inner: 5}, 1, null), threads: 2, pieces: 0},
  {name: 'a product', plan: planProduct('softmaxProduct', {outer: 1, n: 1e6, inner: 1}, 1), threads: 2, pieces: 0},
  {
    name: 'a loss',
    plan: planLoss({rows: {outer: 1, n: 1e6, inner: 1}, sparse: true, smoothing: 0, total: null}),
    threads: 2,
    pieces: 0,
  },
])('$name: $pieces pieces', ({plan, threads, pieces}) => {
  expect(piecesFor(plan, threads)).toBe(pieces);
});

describe.each(BUILDS)('build %s', (build) => {
  const memory = new GuardedMemory(build, {shared: true, pages: 128});
  let threads: Threads;
  afterEach(() => threads.stop());

  test.each([2, 3, 4, 5, 6, 7, 8])('%d threads give the bits of one, and touch nothing else', async (count) => {
    threads = await started(memory, count);
    const random = new Random(count);
    for (const n of LENGTHS) {
      const [values, vector] = [random.normals(2 * n, 8), random.normals(2 * n, 1)];
      for (const kind of KINDS) {
        for (const scale of [1, -0.25, 0.3]) {
          const outer = count > 2 ? random.integer(1, 2) : 1;
          const offset = random.integer(0, 1) * 300; // beyond 208 the maximum is subtracted
          const logits = values.subarray(0, outer * n).map((value) => value + offset);
          expectSame(threads, memory, planOf(kind, n, scale, outer), logits, vector.subarray(0, outer * n));
        }
      }
    }
    expect(threads.taken.slice(1).reduce((a, b) => a + b)).toBeGreaterThan(0);
  });

  test.each([2, 3, 8])('with masks, %d threads give the bits of one', async (count) => {
    threads = await started(memory, count);
    const random = new Random(10 + count);
    for (const n of LENGTHS) {
      const values = random.normals(2 * n, 8);
      for (const kind of FORWARD) {
        for (const scale of [1, -0.25]) {
          const outer = count > 2 ? random.integer(1, 2) : 1;
          const maskRows = random.integer(1, outer);
          const offset = random.integer(0, 1) * 300;
          const logits = values.subarray(0, outer * n).map((value) => value + offset);
          const mask = randomMask(random, maskRows * n);
          expectSame(threads, memory, maskedPlanOf(kind, n, scale, outer, maskRows), logits, mask);
        }
      }
    }
    expect(threads.taken.slice(1).reduce((a, b) => a + b)).toBeGreaterThan(0);
  });

  test('with masks, results are within the bounds of the float64 reference', async () => {
    threads = await started(memory, 2);
    const random = new Random(6);
    const n = 50_257;
    const logits = random.normals(n, 20);
    const masks = [
      randomMask(random, n),
      randomMask(random, n).fill(0, 0, 2 * PIECE),
      new Uint8Array(n).fill(1, n - 1),
    ];
    for (const mask of masks) {
      const kept = logits.filter((_, i) => mask[i]);
      const of = (kind: (typeof FORWARD)[number]) =>
        expectSame(threads, memory, maskedPlanOf(kind, n), logits, mask).values;
      const [y, logY] = [of('softmax'), of('logSoftmax')];
      const ofKept = (values: Float32Array) => values.filter((_, i) => mask[i]);
      expect(worst(ofKept(y), softmax(kept), ulpError).error).toBeLessThanOrEqual(4);
      expect(worst(ofKept(logY), logSoftmax(kept), ulpError).error).toBeLessThanOrEqual(2);
      expect(worst(of('logSumExp'), [logSumExp(kept)], ulpErrorAboveOne).error).toBeLessThanOrEqual(1);
      expect(y.every((value, i) => mask[i] || value === 0)).toBe(true);
      expect(logY.every((value, i) => mask[i] || value === -Infinity)).toBe(true);
    }
  });

  test('results are within the bounds of the float64 reference', async () => {
    threads = await started(memory, 2);
    const random = new Random(5);
    for (const [n, spread] of [
      [SHORTEST, 3],
      [50_257, 30],
    ] as const) {
      const logits = random.normals(n, spread);
      const v = random.normals(n, 1);
      const of = (kind: (typeof KINDS)[number]) => expectSame(threads, memory, planOf(kind, n), logits, v).values;
      expect(worst(of('softmax'), softmax(logits), ulpError).error).toBeLessThanOrEqual(4);
      expect(worst(of('logSoftmax'), logSoftmax(logits), ulpError).error).toBeLessThanOrEqual(2);
      expect(worst(of('logSumExp'), [logSumExp(logits)], ulpErrorAboveOne).error).toBeLessThanOrEqual(1);
      const y = softmax(logits);
      const total = v.reduce((sum, value) => sum + value, 0);
      const totalSize = v.reduce((sum, value) => sum + Math.abs(value), 0);
      const size = (i: number) => Math.abs(v[i]!) + y[i]! * totalSize;
      const errors = of('gradient').map((value, i) => Math.abs(value - (v[i]! - y[i]! * total)) / (2 ** -24 * size(i)));
      expect(Math.max(...errors)).toBeLessThanOrEqual(6);
    }
  });

  const N = 9 * PIECE + 10;
  const MAX = 3.4028234663852886e38;
  const RARE: Record<string, number[]> = {
    NaN: [Number.NaN],
    Infinity: [Infinity],
    'both infinities': [Infinity, -Infinity],
    'the largest float': [MAX],
    'the largest floats': [MAX, -MAX],
    'the maximum twice': [50, 50],
    '-Infinity and NaN': [-Infinity, Number.NaN],
  };
  test.each(Object.entries(RARE))('%s in the first, a middle and the last piece', async (_, rare) => {
    threads = await started(memory, 2);
    const random = new Random(9);
    const vector = random.normals(N, 1);
    // Each value alone at each place, and all of them at all places.
    const places = [0, 2 * PIECE - 1, 2 * PIECE, N - 1];
    for (const at of [...places.map((place) => [place]), places]) {
      const logits = random.normals(N, 3);
      for (const place of at) logits.set(rare, Math.min(place, N - rare.length));
      for (const kind of KINDS) {
        for (const scale of [1, 0.3]) expectSame(threads, memory, planOf(kind, N, scale), logits, vector);
      }
      // Of what is masked out nothing is seen, not even NaN.
      const mask = randomMask(random, N);
      for (const value of [0, 1]) {
        for (const place of at) mask.fill(value, Math.min(place, N - rare.length), place + rare.length);
        for (const kind of FORWARD) {
          const {values} = expectSame(threads, memory, maskedPlanOf(kind, N), logits, mask);
          if (value === 0) expect(values.some(Number.isNaN)).toBe(false);
        }
      }
    }
  });

  test('of maxima in several pieces, those in the first are left out of the sum, as on one thread', async () => {
    threads = await started(memory, 2);
    const logits = new Random(8).normals(N, 1);
    for (const at of [PIECE + 3, PIECE + 4, 3 * PIECE, 5 * PIECE + 9]) logits[at] = 10;
    memory.clear();
    const [x, out, slots] = [memory.input(logits), memory.output(N), memory.output(10 * SLOT)];
    threads.execute(planOf('logSoftmax', N), [x, out, 0, 0], () => ({at: slots, free() {}}));
    const ties = new Int32Array(memory.values(slots, 10 * SLOT).buffer).filter((_, i) => i % SLOT === 4);
    expect([...ties]).toEqual([0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('a maximum that is masked out in an earlier piece leaves the order of sums as it is on one thread', async () => {
    threads = await started(memory, 2);
    for (let seed = 0; seed < 40; seed++) {
      // All that counts: the maximum, in the eighth piece, and what stands beside its copy in the first.
      const logits = new Random(seed).normals(N, 1).fill(-200);
      const beside = new Random(100 + seed).normals(16, 0.5);
      logits.set(beside, 1024);
      logits[1030] = logits[7 * PIECE + 5] = 3;
      const mask = new Uint8Array(N).fill(1);
      mask[1030] = 0;
      for (const kind of FORWARD) expectSame(threads, memory, maskedPlanOf(kind, N), logits, mask);
    }
  });

  test.each([
    {name: 'all of a row', from: 0, to: N},
    {name: 'whole pieces, the first too', from: 0, to: 2 * PIECE + 7},
    {name: 'whole pieces in the middle', from: PIECE - 9, to: 3 * PIECE},
    {name: 'the last pieces', from: 8 * PIECE, to: N},
    {name: 'all but one element', from: 0, to: N - 1},
  ])('-Infinity in $name', async ({from, to}) => {
    threads = await started(memory, 2);
    const random = new Random(3);
    const [logits, vector] = [random.normals(N, 3).fill(-Infinity, from, to), random.normals(N, 1)];
    const isEmpty = to - from === N;
    const mask = new Uint8Array(N).fill(1).fill(0, from, to);
    for (const kind of FORWARD) {
      const {values} = expectSame(threads, memory, maskedPlanOf(kind, N), vector, mask);
      const nothing = kind === 'softmax' ? 0 : -Infinity;
      if (kind !== 'logSumExp') expect(values.subarray(from, to).every((value) => value === nothing)).toBe(true);
      else expect(values[0]! > -Infinity).toBe(!isEmpty);
    }
    for (const kind of KINDS) {
      const {values} = expectSame(threads, memory, planOf(kind, N), logits, vector);
      if (kind === 'logSumExp') expect(Number.isFinite(values[0])).toBe(!isEmpty);
      else if (kind === 'gradient') expect(values[from]).toBe(isEmpty ? Number.NaN : vector[from]);
      else expect(values[from]).toBe(isEmpty ? Number.NaN : kind === 'softmax' ? 0 : -Infinity);
    }
  });
});

describe('what goes wrong', () => {
  const memory = new GuardedMemory('simd', {shared: true});
  const plan = planOf('logSoftmax', 50_257);
  const logits = new Random(1).normals(50_257, 4);
  let warn: jest.SpyInstance;
  beforeEach(() => {
    memory.clear();
    warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  });
  afterEach(() => warn.mockRestore());

  test('no memory for the pieces: the caller computes', async () => {
    const threads = await started(memory, 2);
    const refuse = () => {
      throw new Error('no room');
    };
    expect(threads.execute(plan, [memory.input(logits), memory.output(50_257), 0, 0], refuse)).toBeNull();
    threads.stop();
  });

  /** A host whose threads run another program. */
  function changedHost(from: string, to: string): ThreadHost {
    const host = nodeHost()!;
    return {
      ...host,
      start(program, data, events) {
        if (!program.includes(from)) throw new Error('the program is another');
        return host.start(program.replace(from, to), data, events);
      },
    };
  }

  /** Of the chunk that a thread has taken. */
  const STEP = 'calls[starts[2 * (chunk & 127)] + 9]';
  const RUN = 'run(chunk);\n';
  const DONE = 'Atomics.add(counters, 32, 1);\n';

  test.each([2, 4])(
    'a thread that dies in a piece of step %d is given up: said once, and nothing is freed',
    async (step) => {
      const host = changedHost(RUN, `if (${STEP} === ${step}) throw Error('killed');\n${RUN}`);
      const threads = await started(memory, 2, host);
      const x = memory.input(logits);
      const expected = alone(memory, plan, x);
      const [out, slots] = [memory.output(50_257), memory.output(500)];
      const place = (floats: number) => (floats === 50_257 ? out : slots);
      // Until it has taken a chunk of that step; on a busy machine that may be late.
      let result: Result;
      do {
        result = onThreads(threads, memory, plan, x, 0, place);
        if (result.isDone) expectSameBits(result.values, expected);
      } while (result.isDone);
      expect([result.isDone, result.freed]).toEqual([false, 0]);
      expect(threads.failure).toMatch(/not finished its part within 2 seconds/);
      await turn();
      expect(warn).toHaveBeenCalledTimes(1);
    },
  );

  test('a thread that dies between two steps: this one goes on alone', async () => {
    const host = changedHost(DONE, `${DONE} if (${STEP} === 2) throw Error('killed');\n`);
    const threads = await started(memory, 2, host);
    const x = memory.input(logits);
    const expected = alone(memory, plan, x);
    const [out, slots] = [memory.output(50_257), memory.output(500)];
    const place = (floats: number) => (floats === 50_257 ? out : slots);
    while (threads.failure === null) {
      const {values, isDone} = onThreads(threads, memory, plan, x, 0, place);
      expect(isDone).toBe(true);
      expectSameBits(values, expected);
      if (threads.taken[1]! > 0) await turn(); // tells of its death
    }
    expect(threads.failure).toMatch(/^a thread failed: killed$/);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
