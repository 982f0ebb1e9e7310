import {maskRuns} from '../../../../backends/engines/mask_runs';
import type {ForwardKind, Loss, Rows} from '../../../../backends/engines/types';
import {
  launch,
  type Plan,
  planForward,
  planLoss,
  planLossGradient,
  planProductOfLogits,
  TURN_BYTES,
} from '../../../../backends/engines/wasm/plan';
import * as reference from '../../../../kernels/reference';
import {Random} from '../../../cases/random';
import {ulpError, ulpErrorAboveOne, worst} from '../../../ulp';
import {BUILDS, GuardedMemory} from './guarded_memory';

/** For every remainder of what a variant takes at a time: 4 elements, 16 elements, 4 rows. */
const CONTIGUOUS: Rows[] = [
  ...range(4, 40).map((n) => ({outer: 3, n, inner: 1})),
  ...[127, 128, 1001].map((n) => ({outer: 2, n, inner: 1})),
];
const ANY: Rows[] = [
  ...range(1, 9).flatMap((n) => range(1, 6).map((inner) => ({outer: 2, n, inner}))),
  ...range(1, 6).map((outer) => ({outer, n: 3, inner: 1})),
  {outer: 3, n: 100, inner: 3},
  {outer: 2, n: 17, inner: 20},
];

function range(from: number, to: number): number[] {
  return Array.from({length: to - from + 1}, (_, i) => from + i);
}

function along({outer, n, inner}: Rows, tensors: reference.Row[], row: Parameters<typeof reference.alongAxis>[3]) {
  return reference.alongAxis([outer, n, inner], 1, tensors, row);
}

describe.each(BUILDS)('masked, the %s build', (build) => {
  const memory = new GuardedMemory(build);
  const EXACT = {
    softmax: reference.masked.softmax,
    logSoftmax: reference.masked.logSoftmax,
    logSumExp: (x: Float64Array, keep: Float64Array) => [reference.masked.logSumExp(x, keep)],
  };
  const BOUNDS = {softmax: 4, logSoftmax: 2, logSumExp: 1};
  /** Which dimensions of [outer, n, inner] the mask has; along the others it is repeated. */
  const REPEATED = ['', 'outer', 'n', 'inner', 'outer inner', 'outer n inner'];

  function run(kind: ForwardKind, rows: Rows, scale: number, repeated: string, random: Random, at = memory) {
    const {outer, n, inner} = rows;
    const shape = [outer, n, inner];
    const maskShape = ['outer', 'n', 'inner'].map((name, d) => (repeated.split(' ').includes(name) ? 1 : shape[d]!));
    const m = Uint8Array.from({length: maskShape.reduce((a, b) => a * b)}, () => Number(random.uniform() < 0.6));
    const mask = maskRuns(maskShape, shape, 1);
    const keep = Float64Array.from({length: outer * n * inner}, (_, k) => {
      const index = [Math.floor(k / (n * inner)), Math.floor(k / inner) % n, k % inner];
      return m[index.reduce((sum, i, d) => sum * maskShape[d]! + (maskShape[d] === 1 ? 0 : i), 0)]!;
    });
    const wild = [Number.NaN, Number.POSITIVE_INFINITY, 3e38, -3e38];
    const x = Float32Array.from(keep, (k) => (k ? random.normal(8) : wild[random.integer(0, 3)]!));
    at.clear();
    const [from, flags] = [at.input(x, 4), at.input(m, 1)];
    const length = kind === 'logSumExp' ? outer * inner : x.length;
    const to = at.output(length);
    const plan = planForward(kind, rows, scale, mask);
    launch(plan, at.kernels.call, from | 0, to | 0, flags, 0);
    const scaled = Float64Array.from(x, (xi) => scale * xi);
    const exact = along(rows, [scaled, keep], EXACT[kind]);
    const error = kind === 'logSumExp' ? ulpErrorAboveOne : ulpError;
    const found = worst(at.values(to, length), exact, error).error;
    return {
      rows,
      scale,
      repeated,
      kernel: plan.kernel,
      intact: at.intact(),
      found: found <= BOUNDS[kind] ? 'within' : found,
    };
  }

  describe.each(['softmax', 'logSoftmax', 'logSumExp'] as const)('%s', (kind) => {
    test.each([
      ['MaskedRows', CONTIGUOUS, [1, -0.25]],
      ['GatheredRows', ANY, [0.3, -2, 0]],
      ['GatheredRows', ANY.filter(({n, inner}) => n < 4 || inner > 1), [1]],
    ] as const)('%s: within its bound of float64, and nothing else is written', (variant, list, scales) => {
      const random = new Random(variant.length);
      for (const rows of list) {
        for (const scale of scales) {
          const repeated = REPEATED[random.integer(0, REPEATED.length - 1)]!;
          const result = run(kind, rows, scale, repeated, random);
          const kernel = `${kind}${variant}`;
          expect(result).toEqual({rows, scale, repeated, kernel, intact: true, found: 'within'});
        }
      }
    });
  });

  test('special values among what is kept, in both variants', () => {
    const keep = Uint8Array.of(1, 1, 0, 1, 1, 0, 1, 0);
    for (const [special, expected] of [
      [Number.NaN, [NaN, NaN, NaN]],
      [Number.POSITIVE_INFINITY, [NaN, NaN, Infinity]],
      [Number.NEGATIVE_INFINITY, [0, -Infinity, Math.log(4)]],
    ] as const) {
      for (const inner of [1, 2]) {
        const rows = {outer: 1, n: 8, inner};
        const x = Float32Array.from({length: 8 * inner}, (_, k) => {
          const j = Math.floor(k / inner);
          return keep[j] ? (j === 3 ? special : 0) : Number.NaN;
        });
        const mask = maskRuns([8, 1], [1, 8, inner], 1);
        const results = (['softmax', 'logSoftmax', 'logSumExp'] as const).map((kind) => {
          memory.clear();
          const [from, flags, to] = [memory.input(x), memory.input(keep), memory.output(x.length)];
          const plan = planForward(kind, rows, 1, mask);
          expect(plan.kernel).toContain(inner === 1 ? 'MaskedRows' : 'GatheredRows');
          launch(plan, memory.kernels.call, from, to, flags, 0);
          return memory.values(to, x.length);
        });
        const [softmax, logSoftmax, sums] = results as [Float32Array, Float32Array, Float32Array];
        expect([softmax[3 * inner], logSoftmax[3 * inner]]).toEqual(expected.slice(0, 2));
        expect(ulpErrorAboveOne(sums[0]!, expected[2])).toBeLessThanOrEqual(1);
        for (const j of [2, 5, 7]) expect([softmax[j * inner], logSoftmax[j * inner]]).toEqual([0, -Infinity]);
      }
    }
  });

  test('a confident maximum after a masked-out logit of its size', () => {
    const rows = {outer: 1, n: 200, inner: 1};
    const random = new Random(3);
    const x = Float32Array.from({length: 200}, () => random.uniform());
    const keep = new Uint8Array(200).fill(1);
    [x[10], x[150], keep[10]] = [30, 30, 0];
    memory.clear();
    const [from, flags, to] = [memory.input(x), memory.input(keep), memory.output(200)];
    launch(
      planForward('logSoftmax', rows, 1, maskRuns([200, 1], [1, 200, 1], 1)),
      memory.kernels.call,
      from,
      to,
      flags,
      0,
    );
    const exact = along(rows, [x, keep], EXACT.logSoftmax);
    expect(worst(memory.values(to, 200), exact, ulpError).error).toBeLessThanOrEqual(BOUNDS.logSoftmax);
  });

  test('takes addresses beyond 2 GiB, where they are negative as signed numbers', () => {
    const beyond = 2 ** 31;
    const high = new GuardedMemory(build, {start: beyond - 128, pages: beyond / 65536 + 1});
    const random = new Random(4);
    for (const rows of [
      {outer: 5, n: 6, inner: 1},
      {outer: 2, n: 5, inner: 9},
    ]) {
      expect(run('softmax', rows, 1, '', random, high)).toMatchObject({intact: true, found: 'within'});
      expect(run('logSoftmax', rows, 1, 'outer', random, high)).toMatchObject({intact: true, found: 'within'});
    }
  });
});

describe.each(BUILDS)('cross-entropy, the %s build', (build) => {
  const memory = new GuardedMemory(build);
  interface Case {
    x: Float32Array;
    labels: Float32Array | Int32Array;
    cotangents: Float32Array;
    /** Smoothed labels, and the cotangent of each element. */
    q: Float64Array;
    c: Float64Array;
    loss: Loss;
  }

  function draw(rows: Rows, sparse: boolean, smoothing: number, total: number | null, random: Random): Case {
    const {outer, n, inner} = rows;
    const place = (k: number) => Math.floor(k / (n * inner)) * inner + (k % inner);
    const classOf = (k: number) => Math.floor(k / inner) % n;
    const indices = Int32Array.from({length: outer * inner}, () => random.integer(0, n - 1));
    const x = new Float32Array(outer * n * inner);
    for (let k = 0; k < x.length; k++) {
      // A row in three is confident.
      const peak = place(k) % 3 === 1 && classOf(k) === indices[place(k)];
      x[k] = peak ? 30 : random.normal(3);
    }
    const dense = Float32Array.from(x, (_, k) => {
      if (sparse) return Number(classOf(k) === indices[place(k)]);
      return random.uniform() < 0.3 ? 0 : random.uniform();
    });
    const cotangents = Float32Array.from({length: total === null ? outer * inner : 1}, () => random.normal(2));
    return {
      x,
      labels: sparse ? indices : dense,
      cotangents,
      q: Float64Array.from(dense, (l) => l * (1 - smoothing) + smoothing / n),
      c: Float64Array.from(x, (_, k) => (total === null ? cotangents[place(k)]! : cotangents[0]! * total)),
      loss: {rows, sparse, smoothing, total},
    };
  }

  function check({x, labels, cotangents, q, c, loss}: Case, at = memory) {
    const {rows, total} = loss;
    at.clear();
    const [from, given, g] = [at.input(x, 4), at.input(labels, 4), at.input(cotangents, 4)];
    const length = total === null ? rows.outer * rows.inner : 1;
    const [losses, gradient] = [at.output(length), at.output(x.length)];
    const [lossPlan, gradientPlan] = [planLoss(loss), planLossGradient(loss)];
    launch(lossPlan, at.kernels.call, from | 0, losses, given, 0);
    launch(gradientPlan, at.kernels.call, from, gradient | 0, given, g);

    const perRow = along(rows, [x, q], (logits, l) => [reference.crossEntropy(logits, l)]);
    const exact = total === null ? perRow : [perRow.reduce((a, b) => a + b) * total];
    const lossError = worst(at.values(losses, length), exact, ulpError).error;
    const slopes = along(rows, [x, q, c], (logits, l, g) =>
      reference.crossEntropyGradient(logits, l).map((s, i) => s * g[i]!),
    );
    // y Σq + q, of which it is the difference.
    const unit = along(rows, [x, q, c], (logits, l, g) => {
      const sum = l.reduce((a, b) => a + b, 0);
      return reference.softmax(logits).map((y, i) => Math.max((y * sum + l[i]!) * Math.abs(g[i]!) * 2 ** -24, 1e-30));
    });
    const gradientError = worst(at.values(gradient, x.length), slopes, (a, e, i) => Math.abs(a - e) / unit[i]!).error;
    return {
      kernels: [lossPlan.kernel, gradientPlan.kernel],
      intact: at.intact(),
      lossError,
      gradientError,
    };
  }

  describe.each([
    ['class indices', true],
    ['distributions', false],
  ])('%s', (_name, sparse) => {
    test.each([
      ['LongRows', CONTIGUOUS],
      ['GatheredRows', ANY],
    ] as const)('%s: within the bounds of float64, and nothing else is written', (variant, list) => {
      const random = new Random(variant.length + Number(sparse));
      const seen = new Set<string>();
      for (const rows of list) {
        for (const [smoothing, total] of [
          [0, null],
          [0.1, 0.125],
        ] as const) {
          const result = check(draw(rows, sparse, smoothing, total, random));
          expect({rows, ...result}).toMatchObject({rows, intact: true});
          expect(result.lossError).toBeLessThanOrEqual(4);
          // Softmax within 4 ULP is 8 units.
          expect(result.gradientError).toBeLessThanOrEqual(10);
          for (const kernel of result.kernels) seen.add(kernel);
        }
      }
      expect(seen).toContain(`crossEntropy${variant}`);
      expect(seen).toContain(`crossEntropyGradient${variant}`);
    });
  });

  test.each([
    {outer: 4, n: 30, inner: 1},
    {outer: 4, n: 6, inner: 1},
    {outer: 2, n: 30, inner: 2},
  ])('a loss that a float can hold is never Infinity, whatever the logits: %p', (rows) => {
    const {outer, n, inner} = rows;
    for (const sparse of [true, false]) {
      const x = Float32Array.from({length: outer * n * inner}, (_, k) =>
        Math.floor(k / inner) % 2 ? -3.4e38 : 3.4e38,
      );
      const dense = Float32Array.from(x, (_, k) => Number(Math.floor(k / inner) % n === 2));
      const labels = sparse ? new Int32Array(outer * inner).fill(2) : dense;
      const loss = {rows, sparse, smoothing: 0.1, total: null};
      memory.clear();
      const [from, given, to] = [memory.input(x), memory.input(labels), memory.output(outer * inner)];
      launch(planLoss(loss), memory.kernels.call, from, to, given, 0);
      const q = dense.map((l) => 0.9 * l + 0.1 / n);
      const exact = along(rows, [Float64Array.from(x), Float64Array.from(q)], (r, l) => [reference.crossEntropy(r, l)]);
      expect(exact[0]).toBeGreaterThan(1e37);
      expect(worst(memory.values(to, outer * inner), exact, ulpError).error).toBeLessThanOrEqual(4);
    }
  });

  test.each([1, 2, 3])(
    'of many short rows, %d beyond a whole number of turns: nothing beyond the gradient is written',
    (rest) => {
      // Softmax of rows that short takes four at a time.
      const n = 48;
      const outer = Math.floor(TURN_BYTES / (4 * n)) + rest;
      const drawn = draw({outer, n, inner: 1}, true, 0, null, new Random(rest));
      const {kernels, intact, gradientError} = check(drawn);
      expect({kernels, intact}).toEqual({
        kernels: ['crossEntropyLongRows', 'crossEntropyGradientLongRows'],
        intact: true,
      });
      expect(planLossGradient(drawn.loss).softmax).toBe('softmaxShortRows');
      expect(gradientError).toBeLessThanOrEqual(10);
    },
  );

  test('small cotangents make zeros, not subnormal numbers, which are slow', () => {
    const rows = {outer: 2, n: 64, inner: 1};
    for (const inner of [1, 2]) {
      const at = {...rows, n: rows.n / inner, inner};
      const x = Float32Array.from({length: 128}, (_, k) => -k);
      const labels = new Int32Array(2 * inner);
      memory.clear();
      const [from, given] = [memory.input(x), memory.input(labels)];
      const [g, out] = [memory.input(Float32Array.of(1e-20)), memory.output(128)];
      const loss = {rows: at, sparse: true, smoothing: 0, total: 1};
      launch(planLossGradient(loss), memory.kernels.call, from, out, given, g);
      const values = Array.from(memory.values(out, 128), Math.abs);
      expect(values.filter((v) => v > 0 && v < 2 ** -126)).toEqual([]);
      expect(values.filter((v) => v === 0).length).toBeGreaterThan(10);
      expect(values.filter((v) => v > 0).length).toBeGreaterThan(10);
    }
  });

  test.each([true, false])('works on a memory that is shared: %s; also beyond 2 GiB', (shared) => {
    const beyond = 2 ** 31;
    const random = new Random(7);
    const at = shared
      ? new GuardedMemory(build, {shared})
      : new GuardedMemory(build, {start: beyond - 128, pages: beyond / 65536 + 1});
    for (const sparse of [true, false]) {
      for (const rows of [
        {outer: 2, n: 33, inner: 1},
        {outer: 2, n: 5, inner: 9},
      ]) {
        const {intact, lossError, gradientError} = check(draw(rows, sparse, 0, null, random), at);
        expect({intact, within: lossError <= 4 && gradientError <= 10}).toEqual({intact: true, within: true});
      }
    }
  });
});

test('a masked call that is cut off leaves nothing behind that a later one would read', () => {
  const memory = new GuardedMemory('simd');
  const n = 100;
  const rows: Rows = {outer: 1, n, inner: 1};
  const random = new Random(3);
  const loss = planLoss({rows, sparse: false, smoothing: 0, total: null});
  const masked = planForward('softmax', rows, 1, maskRuns([1, n], [1, n], 1));
  const others = [
    loss,
    planLossGradient({rows, sparse: false, smoothing: 0, total: null}),
    planProductOfLogits('logSoftmaxVjp', rows, 1, 1)!,
    ...(['softmax', 'logSoftmax', 'logSumExp'] as const).map((kind) => planForward(kind, rows, 1, null)),
  ];
  const x = memory.input(random.normals(n, 3));
  const second = memory.input(random.normals(n, 1).map(Math.abs));
  const third = memory.input(Float32Array.of(1));
  const mask = memory.input(new Uint8Array(n).fill(1, 50));
  const resultOf = (plan: Plan) => {
    const out = memory.output(n);
    launch(plan, memory.kernels.call, x, out, plan.secondPerBlock ? second : 0, plan.thirdPerBlock ? third : 0);
    return memory.values(out, plan.outPerBlock);
  };
  for (const plan of others) {
    const before = resultOf(plan);
    // The end of the memory stands for a timeout of node:vm: both end a kernel within its loop.
    expect(() => launch(masked, memory.kernels.call, x, 64 * 65_536 - 16, mask, 0)).toThrow('out of bounds');
    expect([plan.kernel, resultOf(plan)]).toEqual([plan.kernel, before]);
  }
});
