import type {ForwardKind, ProductKind, Rows} from '../../../../backends/engines/types';
import type {Build} from '../../../../backends/engines/wasm/features';
import type {ProductVariant, Variant} from '../../../../backends/engines/wasm/plan';
import {alongAxis, logSoftmax, logSumExp, softmax} from '../../../../kernels/reference';
import {PRODUCTS_OF_PROBABILITIES} from '../../../../kernels/reference_table';
import {ADVERSARIAL, type LogitsCase} from '../../../cases/logits';
import {Random} from '../../../cases/random';
import {SPECIAL} from '../../../cases/special';
import {ulp, ulpError, ulpErrorAboveOne, worst} from '../../../ulp';
import {BUILDS, GuardedMemory} from './guarded_memory';

/** The variants without a mask, and what LongRows does for an inner of four: four rows at once, a lane each. */
type Way = Exclude<Variant, 'MaskedRows'> | 'LongRows by lanes';

function variantOf(way: Way): Variant {
  return way === 'LongRows by lanes' ? 'LongRows' : way;
}

/** Shapes for each way, chosen for every remainder of what it takes at a time: 4 and 16 elements, 4 rows, 16 rows. */
const SHAPES: Record<Way, Rows[]> = {
  LongRows: [
    ...range(4, 40).map((n) => ({outer: 3, n, inner: 1})),
    ...[127, 128, 1000, 1001, 4099].map((n) => ({outer: 2, n, inner: 1})),
    ...[4100, 8191, 8197].map((n) => ({outer: 1, n, inner: 1})), // summed in pieces
  ],
  'LongRows by lanes': [
    ...range(2, 21).map((n) => ({outer: 3, n, inner: 4})),
    ...[301, 4099].map((n) => ({outer: 1, n, inner: 4})),
  ],
  ShortRows: [...range(1, 28), 31, 47, 48].flatMap((n) => [4, 5, 7, 8].map((outer) => ({outer, n, inner: 1}))),
  StridedRows: [
    ...range(4, 37).map((inner) => ({outer: 3, n: 5, inner})),
    ...range(1, 13).map((n) => ({outer: 1, n, inner: 12})),
    {outer: 1, n: 301, inner: 17},
    {outer: 9, n: 7, inner: 4},
    {outer: 1, n: 6, inner: 4},
    ...[512, 768, 1280].map((inner) => ({outer: 2, n: 13, inner})), // the last sweep taken apart, but for a last chunk
    {outer: 1, n: 12, inner: 512},
  ],
  GatheredRows: [
    ...range(1, 9).flatMap((n) => range(1, 6).map((inner) => ({outer: 2, n, inner}))),
    ...range(1, 5).map((n) => ({outer: 1, n, inner: 1})),
    {outer: 3, n: 100, inner: 3},
  ],
};

/**
 * Products of rows of one take another variant than StridedRows, which goes by chunks of 256 rows. Of tens of thousands of
 * elements, as in its largest shapes, a few are beyond the bound.
 */
function productShapes(variant: ProductVariant): Rows[] {
  if (variant !== 'StridedRows') return SHAPES[variant];
  const small = SHAPES.StridedRows.filter(({n, inner}) => n > 1 && inner < 256);
  return [...small, ...[256, 259, 300].map((inner) => ({outer: 2, n: 6, inner}))];
}

/** Scales that a way takes: exact ones, and for some any. */
const EXACT = [1, -1, 0.25, -(2 ** -20)];
const SCALES: Record<Way, number[]> = {
  LongRows: [...EXACT, 0.3, -2.5, 100, 0],
  'LongRows by lanes': EXACT,
  ShortRows: EXACT,
  StridedRows: EXACT,
  GatheredRows: [...EXACT, 0.3, -2.5, 100, 0],
};

const FORWARD: ForwardKind[] = ['softmax', 'logSoftmax', 'logSumExp'];
const FORWARD_WAYS = Object.keys(SHAPES) as Way[];
const PRODUCTS: ProductKind[] = ['softmaxProduct', 'logSoftmaxJvp', 'logSoftmaxVjp'];
const PRODUCT_VARIANTS: ProductVariant[] = ['LongRows', 'StridedRows', 'GatheredRows'];

const EXACT_FORWARD = {softmax, logSoftmax, logSumExp: (row: Float64Array) => [logSumExp(row)]};

/** In ULP of the result; of logSumExp in ULP of max(|result|, 1). */
const BOUNDS: Record<ForwardKind, number> = {softmax: 4, logSoftmax: 2, logSumExp: 1};

/** Logits of several sorts, a row each: spread, confident, tied, far from zero, masked. */
function logitsFor({outer, n, inner}: Rows, random: Random): Float32Array {
  const values = new Float32Array(outer * n * inner);
  const sorts = [
    () => random.uniform(-10, 10),
    () => random.uniform(-50, 50),
    (j: number) => (j === n >> 1 ? 30 : random.uniform(0, 1)),
    () => random.integer(-2, 2),
    () => 1e4 + random.normal(3),
    () => -1e6 + random.normal(3),
    (j: number) => (j % 3 === 1 ? Number.NEGATIVE_INFINITY : random.normal(3)),
    () => random.normal(3),
  ];
  let sort = random.integer(0, sorts.length - 1);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++, sort++) {
      for (let j = 0; j < n; j++) values[(o * n + j) * inner + i] = sorts[sort % sorts.length]!(j);
    }
  }
  return values;
}

function exactForward(kind: ForwardKind, x: Float32Array, {outer, n, inner}: Rows, scale: number): Float64Array {
  const scaled = Float64Array.from(x, (xi) => scale * xi);
  return alongAxis([outer, n, inner], 1, [scaled], EXACT_FORWARD[kind]);
}

describe.each(BUILDS)('the %s build', (build) => {
  describe.each(FORWARD)('%s', (kind) => {
    test.each(FORWARD_WAYS)('%s: within its bound of float64, and nothing else is written', (way) => {
      const random = new Random(way.length);
      for (const rows of SHAPES[way]) {
        for (const scale of SCALES[way]) {
          const x = logitsFor(rows, random);
          const {values, intact} = runForward(build, kind, variantOf(way), x, rows, scale);
          const error = kind === 'logSumExp' ? ulpErrorAboveOne : ulpError;
          const {error: found} = worst(values, exactForward(kind, x, rows, scale), error);
          expect({rows, scale, intact, found: found <= BOUNDS[kind] ? 'within' : found}).toEqual({
            rows,
            scale,
            intact: true,
            found: 'within',
          });
        }
      }
    });

    test.each(FORWARD_WAYS)('%s: special values, without a trace in the rows beside', (way) => {
      const fitting = SPECIAL.filter(({row}) => way !== 'ShortRows' || row.length <= 48);
      expect(fitting.length).toBeGreaterThan(15);
      for (const special of fitting) {
        const {rows, x, at} = amongPlainRows(way, special.row);
        const {values} = runForward(build, kind, variantOf(way), x, rows, 1);
        const exact = exactForward(kind, x, rows, 1);
        const expected = [special[kind]].flat();
        const row = expected.map((_, j) => values[kind === 'logSumExp' ? at(j, 1) : at(j)]!);
        expect({name: special.name, row: row.map(roughly)}).toEqual({
          name: special.name,
          row: expected.map(roughly),
        });
        expect(worst(values, exact, ulpErrorAboveOne).error).toBeLessThanOrEqual(4);
      }
    });
  });

  test.each(ADVERSARIAL.filter(({shape, values}) => values.length < 2e4 && shape[1]! >= 4))(
    'adversarial rows one a lane: $name',
    ({shape, values}: LogitsCase) => {
      const [count, n] = shape as [number, number];
      for (const way of ['StridedRows', 'GatheredRows', 'LongRows by lanes'] as const) {
        const inner = way === 'LongRows by lanes' ? 4 : 5;
        // Row i of the case stands at i mod count, so that every row is in some lane.
        const x = Float32Array.from(
          {length: n * inner},
          (_, k) => values[((k % inner) % count) * n + Math.floor(k / inner)]!,
        );
        const rows = {outer: 1, n, inner};
        for (const kind of FORWARD) {
          const {values: actual} = runForward(build, kind, variantOf(way), x, rows, 1);
          const error = kind === 'logSumExp' ? ulpErrorAboveOne : ulpError;
          expect(worst(actual, exactForward(kind, x, rows, 1), error).error).toBeLessThanOrEqual(BOUNDS[kind]);
        }
      }
    },
  );

  test.each(FORWARD_WAYS)('softmax, %s: what is 2^-126 or more is never 0, and nothing is subnormal', (way) => {
    const random = new Random(way.length);
    const inner = {LongRows: 1, 'LongRows by lanes': 4, ShortRows: 1, StridedRows: 9, GatheredRows: 3}[way];
    for (const n of [4, 8, 21, 48, ...(way === 'ShortRows' ? [] : [49, 1000, 4099])]) {
      // Rows of like size, whose sum is large, and rows with one that is far above.
      for (const others of [0, -30]) {
        const rows = {outer: 4, n, inner};
        const x = Float32Array.from({length: 4 * n * inner}, (_, k) => {
          const j = Math.floor(k / inner) % n;
          return 3 + (j % 3 === 0 ? random.uniform(-90, -70) : j === 1 ? 0 : others);
        });
        const {values} = runForward(build, 'softmax', variantOf(way), x, rows, 1);
        const exact = exactForward('softmax', x, rows, 1);
        const tiny = exact.filter((e) => e < 1e-35).length;
        expect(tiny).toBeGreaterThan(0);
        const {error, at} = worst(values, exact, (a, e) => (a === 0 && e < 2 ** -126 ? 0 : ulpErrorOf(a, e)));
        expect({n, others, error: error <= 4 ? 'within' : [error, values[at], exact[at]]}).toEqual({
          n,
          others,
          error: 'within',
        });
        expect(values.filter((v) => v > 0 && v < 0.9999 * 2 ** -126)).toHaveLength(0);
      }
    }
  });

  describe.each(PRODUCTS)('%s', (kind) => {
    test.each(PRODUCT_VARIANTS)('%s: within its bound of float64, and nothing else is written', (variant) => {
      const random = new Random(variant.length);
      for (const rows of productShapes(variant)) {
        for (const factor of [1, -0.3]) {
          const y = Float32Array.from(exactForward('softmax', logitsFor(rows, random), rows, 1));
          const v = Float32Array.from(y, () => random.normal(2));
          const {values, intact} = runProduct(build, kind, variant, y, v, rows, factor);
          const {exact, unit} = exactProduct(kind, y, v, rows, factor);
          const {error} = worst(values, exact, (a, e, i) => Math.abs(a - e) / unit[i]!);
          expect({rows, intact, error: error <= 4 ? 'within' : error}).toEqual({rows, intact: true, error: 'within'});
        }
      }
    });
  });

  test("logSoftmax's derivative from logits: within its bound of float64, and nothing else is written", () => {
    const random = new Random(5);
    for (const rows of SHAPES.LongRows) {
      for (const scale of SCALES.LongRows) {
        const x = logitsFor(rows, random);
        const v = Float32Array.from(x, () => random.normal(2));
        const memory = memoryOf(build);
        const [fromX, fromV, to] = [memory.input(x), memory.input(v, 4), memory.output(x.length)];
        memory.kernels.functions.logSoftmaxGradientLongRows(fromX, to, rows.outer, rows.n, 1, scale, fromV, 0);
        const {exact, unit} = exactProduct('logSoftmaxVjp', exactForward('softmax', x, rows, scale), v, rows, scale);
        // Rows with an infinite logit are NaN for some of the scales.
        const inUnits = (a: number, e: number, i: number) =>
          Number.isNaN(e) && Number.isNaN(a) ? 0 : Math.abs(a - e) / unit[i]!;
        const {error} = worst(memory.values(to, x.length), exact, inUnits);
        expect({rows, scale, intact: memory.intact(), error: error <= 4 ? 'within' : error}).toEqual({
          rows,
          scale,
          intact: true,
          error: 'within',
        });
      }
    }
  });

  test.each([
    {kind: 'softmax', n: 13, inner: 512, apart: true},
    {kind: 'logSoftmax', n: 13, inner: 512, apart: true},
    {kind: 'softmax', n: 13, inner: 768, apart: true},
    {kind: 'softmax', n: 12, inner: 512, apart: false},
    {kind: 'softmax', n: 13, inner: 513, apart: false},
    {kind: 'softmax', n: 13, inner: 256, apart: false},
  ] as const)(
    '$kind of [$n, $inner] along its first axis has the last sweep apart: $apart',
    ({kind, n, inner, apart}) => {
      // The memory ends within the logits: with those of row 80 the kernel stops, one chunk of 64 rows done. What that took
      // from the places of the next chunk's results is still there.
      const memory = new GuardedMemory(build, {pages: 2});
      const y = memory.output(n * inner);
      const untouched = memory.values(y, 1)[0];
      const x = 2 * 65536 - 4 * ((n - 1) * inner + 80);
      const stopped = () => memory.kernels.functions[`${kind}StridedRows`](x, y, 1, n, inner, 1, 0, 0);
      expect(stopped).toThrow('memory access out of bounds');
      expect(memory.values(y, 80)).not.toContain(untouched);
      expect(memory.values(y + 4 * 80, 48).every((value) => value !== untouched)).toBe(apart);
    },
  );

  test.each([
    {n: 5, inner: 37, column: 8, columns: 13},
    {n: 6, inner: 300, column: 0, columns: 260},
    {n: 13, inner: 768, column: 64, columns: 640}, // the last sweep taken apart
    {n: 13, inner: 768, column: 4, columns: 637},
  ])('StridedRows computes $columns of $inner columns as it does all, and writes nothing beside', (shape) => {
    const {n, inner, column, columns} = shape;
    const random = new Random(inner);
    const logits = logitsFor({outer: 2, n, inner}, random);
    const vector = random.normals(2 * n * inner, 1);
    for (const kind of [...FORWARD, ...PRODUCTS]) {
      const memory = memoryOf(build);
      const [x, v] = [memory.input(logits), memory.input(vector)];
      const length = kind === 'logSumExp' ? 2 * inner : 2 * n * inner;
      const [all, some] = [memory.output(length), memory.output(length)];
      const expected = memory.values(some, length);
      const kernel = memory.kernels.functions[`${kind}StridedRows`];
      kernel(x, all, 2, n, inner, 1, v, 0);
      kernel(x + 4 * column, some + 4 * column, 2, n, inner, 1, v + 4 * column, 0, columns);
      memory.values(all, length).forEach((value, i) => {
        if (i % inner >= column && i % inner < column + columns) expected[i] = value;
      });
      const isSame = memory.values(some, length).every((value, i) => Object.is(value, expected[i]));
      expect({kind, isSame, intact: memory.intact()}).toEqual({kind, isSame: true, intact: true});
    }
  });

  test.each([true, false])('works on a memory that is shared: %s', (shared) => {
    const memory = new GuardedMemory(build, {shared});
    const x = memory.input(Float32Array.of(0, Math.log(2), 0, 0));
    const y = memory.output(4);
    memory.kernels.functions.softmaxLongRows(x, y, 1, 4, 1, 1, 0, 0);
    expect(Array.from(memory.values(y, 4), (p) => Math.round(p * 1e6) / 1e6)).toEqual([0.2, 0.4, 0.2, 0.2]);
  });

  test('takes addresses beyond 2 GiB, where they are negative as signed numbers', () => {
    const beyond = 2 ** 31;
    const random = new Random(1);
    for (const way of FORWARD_WAYS) {
      const inner = {LongRows: 1, 'LongRows by lanes': 4, ShortRows: 1, StridedRows: 9, GatheredRows: 9}[way];
      const rows = {outer: 5, n: 6, inner};
      const x = logitsFor(rows, random);
      const memory = new GuardedMemory(build, {start: beyond - 128, pages: beyond / 65536 + 1});
      const from = memory.input(x);
      const to = memory.output(x.length);
      expect([from < beyond, to > beyond]).toEqual([true, true]);
      const kernel = memory.kernels.functions[`softmax${variantOf(way)}`];
      kernel(from | 0, to | 0, rows.outer, rows.n, rows.inner, 1, 0, 0, 0, 0, 0, 0);
      const exact = exactForward('softmax', x, rows, 1);
      expect(worst(memory.values(to, x.length), exact, ulpError).error).toBeLessThanOrEqual(4);
      expect(memory.intact()).toBe(true);
    }
  });
});

/** In ULP, whatever counts as 0 elsewhere. */
function ulpErrorOf(actual: number, exact: number): number {
  return Math.abs(actual - exact) / ulp(exact);
}

function runForward(
  build: Build,
  kind: ForwardKind,
  variant: Variant,
  x: Float32Array,
  {outer, n, inner}: Rows,
  scale: number,
): {values: Float32Array; intact: boolean} {
  const memory = memoryOf(build);
  const from = memory.input(x);
  const length = kind === 'logSumExp' ? outer * inner : x.length;
  const to = memory.output(length, 4);
  memory.kernels.functions[`${kind}${variant}`](from, to, outer, n, inner, scale, 0, 0, 0, 0, 0, 0);
  return {values: memory.values(to, length), intact: memory.intact()};
}

function runProduct(
  build: Build,
  kind: ProductKind,
  variant: ProductVariant,
  y: Float32Array,
  v: Float32Array,
  {outer, n, inner}: Rows,
  factor: number,
): {values: Float32Array; intact: boolean} {
  const memory = memoryOf(build);
  const [fromY, fromV, to] = [memory.input(y), memory.input(v, 4), memory.output(y.length)];
  memory.kernels.functions[`${kind}${variant}`](fromY, to, outer, n, inner, factor, fromV, 0);
  return {values: memory.values(to, y.length), intact: memory.intact()};
}

const memories = new Map<Build, GuardedMemory>();

/** One memory for all calls of a build: instances by the thousand would keep the garbage collector busy. */
function memoryOf(build: Build): GuardedMemory {
  const memory = memories.get(build) ?? new GuardedMemory(build);
  memories.set(build, memory);
  memory.clear();
  return memory;
}

/** A special row among plain ones as they are taken in a way. Where it is too short, -Infinity after it changes nothing. */
function amongPlainRows(way: Way, special: number[]) {
  const missing = way === 'LongRows' ? Math.max(0, 4 - special.length) : 0;
  const row = [...special, ...new Array(missing).fill(Number.NEGATIVE_INFINITY)];
  const n = row.length;
  const inner = {LongRows: 1, 'LongRows by lanes': 4, ShortRows: 1, StridedRows: 18, GatheredRows: 1}[way];
  const rows = {outer: inner > 1 ? 1 : 6, n, inner};
  const count = rows.outer * inner;
  const at = (j: number, length = n) => (inner === 1 ? 3 * length + j : (j + 1) * inner - 2);
  const x = Float32Array.from({length: count * n}, (_, k) => (k % 7) - 3);
  row.forEach((value, j) => {
    x[at(j)] = value;
  });
  return {rows, x, at};
}

/** The product in float64 of the given y, and the unit of its bound: 2^-24 of the size of what cancels. */
function exactProduct(
  kind: ProductKind,
  y: Float32Array | Float64Array,
  v: Float32Array,
  {outer, n, inner}: Rows,
  factor: number,
) {
  const {value, magnitude} = PRODUCTS_OF_PROBABILITIES[kind];
  const along = (f: typeof value) => alongAxis([outer, n, inner], 1, [y, v], f);
  return {
    exact: along(value).map((x) => x * factor),
    unit: along(magnitude).map((x) => Math.max(x * Math.abs(factor) * 2 ** -24, 2 ** -149)),
  };
}

/** What is compared of a special value: itself, but for finite ones only six digits. */
function roughly(x: number): string {
  return Number.isFinite(x) ? x.toPrecision(6) : String(x);
}

function range(from: number, to: number): number[] {
  return Array.from({length: to - from + 1}, (_, i) => from + i);
}
