import {addressesOf, type Chunk, chunkOf, divisionFor, MOST_CHUNKS} from '../../../../backends/engines/wasm/chunks';
import {type Plan, planForward, planProduct} from '../../../../backends/engines/wasm/plan';

function chunksOf(plan: Plan, threads: number): Chunk[] {
  const division = divisionFor(plan, threads);
  return Array.from({length: division.count}, (_, number) => chunkOf(plan, division, number));
}

const SHAPES = [
  [8, 1000, 1],
  [65, 1000, 1],
  [1000, 8, 1],
  [4097, 3, 1],
  [3, 50_000, 1],
  [100_003, 21, 1],
  [500, 9, 7],
  [1, 21, 1000],
  [1, 21, 65_537],
  [3, 200, 1027],
  [100, 21, 4096],
  [1, 1_000_000, 1],
] as const;

describe.each(SHAPES)('[%d, %d, %d]', (outer, n, inner) => {
  const rows = {outer, n, inner};
  const plans = [
    planForward('softmax', rows, 1, null),
    planForward('softmax', rows, 0.3, null),
    planProduct('softmaxProduct', rows, 1),
  ];

  test.each([2, 3, 8, 64])('the chunks for %d threads are all rows, each once and in order', (threads) => {
    for (const plan of plans) {
      const chunks = chunksOf(plan, threads);
      expect(chunks.length).toBeLessThanOrEqual(MOST_CHUNKS);
      let [block, column] = [0, 0];
      for (const chunk of chunks) {
        expect([chunk.first, chunk.column]).toEqual([block, column]);
        if (chunk.columns < inner) expect(chunk.blocks).toBe(1);
        column = (column + chunk.columns) % inner;
        if (column === 0) block += chunk.blocks;
      }
      expect([block, column]).toEqual([outer, 0]);
    }
  });

  test.each([2, 3, 8])(
    'none of those for %d threads is much larger than another, or too small for a kernel',
    (threads) => {
      for (const plan of plans) {
        const chunks = chunksOf(plan, threads);
        const sizes = chunks.map(({blocks, columns}) => blocks * columns);
        const unit = chunks[0]!.columns < inner ? 2 * 64 : inner;
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(unit);
        expect(Math.min(...sizes)).toBeGreaterThanOrEqual(/(Strided|Short)Rows/.test(plan.kernel) ? 4 : 1);
      }
    },
  );
});

test('an input that is absent is absent for every chunk', () => {
  for (const scale of [1, 0.3]) {
    const plan = planForward('logSoftmax', {outer: 3, n: 2, inner: 10_000}, scale, null);
    const division = divisionFor(plan, 2);
    expect(division.parts).toBeGreaterThan(1);
    for (let number = 0; number < division.count; number++) {
      const [, , second, third] = addressesOf(plan, [64, 1 << 20, 0, 0], chunkOf(plan, division, number), number);
      expect([second, third]).toEqual([0, 0]);
    }
  }
});

test.each([
  {name: 'long rows', rows: {outer: 1024, n: 1000, inner: 1}, threads: 2, count: 8},
  {name: 'of few', rows: {outer: 8, n: 1000, inner: 1}, threads: 2, count: 2},
  {name: 'too few for all threads', rows: {outer: 16, n: 1000, inner: 1}, threads: 8, count: 4},
  {name: 'one row', rows: {outer: 1, n: 1_000_000, inner: 1}, threads: 8, count: 1},
  {name: 'columns', rows: {outer: 1, n: 21, inner: 65_536}, threads: 4, count: 16},
  {name: 'columns of two blocks', rows: {outer: 2, n: 21, inner: 65_536}, threads: 4, count: 16},
  {name: 'seconds of work', rows: {outer: 20_000, n: 50_000, inner: 1}, threads: 2, count: MOST_CHUNKS},
])('$name are divided into $count chunks for $threads threads', ({rows, threads, count}) => {
  expect(divisionFor(planForward('softmax', rows, 1, null), threads).count).toBe(count);
});
