import fc from 'fast-check';
import {
  cutInWords,
  type Level,
  planInWords,
  planReduction,
  planSecondSum,
  type Reader,
  type Size,
  stepsOf,
} from '../../../backends/webgl/plan';

const SOFTWARE = {renderer: 'SwiftShader', software: true};
const HARDWARE = {renderer: 'a GPU', software: false};
const READERS: Reader[] = ['map', 'rows', 'none'];

/** Rows by row length: those that were measured on an H200, and those that one would try next. */
const SHAPES: [rows: number, n: number][] = [
  [64, 1000],
  [64, 1009],
  [1024, 128],
  [4096, 8],
  [65536, 21],
  [1, 50257],
  [128, 32000],
  [4096, 1024],
  [4096, 4096],
  [1024, 50257],
  [16, 1_000_000],
  [16, 1000],
  [256, 512],
  [8, 128],
  [1024, 1000],
  [1, 1000],
  [2, 129],
  [7, 1024],
  [1, 10_000_000],
  [128, 128256],
];

function sizeOf([rows, n]: [number, number]): Size {
  return {pairs: Math.ceil(rows / 2), n, elements: rows * n};
}

/** The draws of a reduction in version 0.1.0, which this must not exceed where draws are what costs. */
function drawsBefore(n: number): number {
  return n <= 1024 ? 1 : n <= 2 ** 18 ? 2 : 3;
}

/** How often each item is taken, by the loop that the shaders have. */
function visits({items, windows, offset, step, span}: Level, perStep: number): Uint8Array {
  const seen = new Uint8Array(items);
  for (let w = 0; w < windows; w++) {
    const first = w * offset;
    for (let j = first; j < Math.min(first + span, items); j += step) {
      for (let k = j; k < Math.min(j + perStep, items); k++) seen[k]!++;
    }
  }
  return seen;
}

function expectWhole(levels: Level[], n: number): void {
  let items = n;
  for (const [i, level] of levels.entries()) {
    expect(level.items).toBe(items);
    expect(visits(level, i === 0 ? 2 : 1).every((count) => count === 1)).toBe(true);
    items = level.windows;
  }
}

describe.each(SHAPES)('reducing [%i, %i]', (rows, n) => {
  const size = sizeOf([rows, n]);

  test.each(READERS)('in hardware enough fragments are at work and no loop is long, for a reader of: %s', (reader) => {
    const {levels, left} = planReduction(size, reader, HARDWARE);
    expect(size.pairs * levels[0]!.windows).toBeGreaterThanOrEqual(Math.min(size.elements / 64, 16_384));
    for (const level of levels) expect(stepsOf(level)).toBeLessThanOrEqual(512);
    expect(left).toBe(levels.at(-1)!.windows);
    expect(left).toBeLessThanOrEqual({map: 4, rows: 64, none: 1}[reader]);
    expectWhole(levels, n);
  });

  test('in hardware short rows take no draw more than before, others one', () => {
    const {levels} = planReduction(size, 'map', HARDWARE);
    expect(levels.length - drawsBefore(n)).toBeLessThanOrEqual(n <= 128 ? 0 : 1);
  });

  test.each(READERS)('in software there are as few draws as before, for a reader of: %s', (reader) => {
    const {levels, left} = planReduction(size, reader, SOFTWARE);
    expect(levels).toHaveLength(drawsBefore(n));
    expect(left).toBe(1);
    expectWhole(levels, n);
  });

  test('a second sum is finished, and of short rows one draw', () => {
    for (const device of [SOFTWARE, HARDWARE]) {
      const {levels, left} = planSecondSum(size, device);
      expect(left).toBe(1);
      if (n <= 128 || device.software) expect(levels).toHaveLength(1);
      else for (const level of levels) expect(stepsOf(level)).toBeLessThanOrEqual(512);
      expectWhole(levels, n);
    }
  });
});

test('any rows, in any layout', () => {
  const sizes = fc
    .record({rows: fc.integer({min: 1, max: 2 ** 20}), n: fc.integer({min: 1, max: 2 ** 24}), paired: fc.boolean()})
    .filter(({rows, n}) => rows * n <= 2 ** 26)
    .map(({rows, n, paired}) => ({pairs: paired ? Math.ceil(rows / 2) : rows, n, elements: rows * n}));
  fc.assert(
    fc.property(sizes, fc.constantFrom(...READERS), (size, reader) => {
      const {levels, left} = planReduction(size, reader, HARDWARE);
      expect(size.pairs * levels[0]!.windows).toBeGreaterThanOrEqual(Math.min(size.elements / 64, 16_384));
      for (const level of levels) expect(stepsOf(level)).toBeLessThanOrEqual(512);
      expect(left).toBe(levels.at(-1)!.windows);
      if (size.n <= 2 ** 16) expectWhole(levels, size.n);
      if (size.n <= 128) expect(levels).toHaveLength(1);
    }),
    {numRuns: 300},
  );
});

test('a plan explains itself', () => {
  const [classifier, attention] = [sizeOf([64, 1000]), sizeOf([1024, 128])];
  expect(planInWords(planReduction(classifier, 'map', SOFTWARE), classifier)).toBe('32 fragments of 500 steps');
  expect(planInWords(planReduction(classifier, 'map', HARDWARE), classifier)).toBe(
    '1024 fragments of 16 steps, then 32 fragments of 32 steps',
  );
  expect(planInWords(planReduction(attention, 'map', HARDWARE), attention)).toBe(
    '2048 fragments of 16 steps; 4 windows of a row are merged where they are read',
  );
  expect(cutInWords(SOFTWARE)).toContain('few draws');
  expect(cutInWords(HARDWARE)).toContain('a fragment for 64 elements, up to 16384');
});
