import {boundsOf, callsOf, partsOf, type Span} from '../../../backends/tensorflow/spans';

/** One after the other, from the first row to the last. */
function expectToCover(spans: Span[], rows: number): void {
  let next = 0;
  for (const span of spans) {
    expect(span.first).toBe(next);
    next += span.rows;
  }
  expect(next).toBe(rows);
}

test.each([
  {outer: 128, width: 32000, copied: [32000], rows: 8, last: 8},
  {outer: 65536, width: 21, copied: [21, 21], rows: 8192, last: 8192},
  {outer: 67, width: 8192, copied: [8192, 8192], rows: 23, last: 21}, // a prime number of rows
  {outer: 10000, width: 1000, copied: [1000], rows: 250, last: 250},
  {outer: 64 * 1009, width: 21, copied: [21], rows: 10768, last: 10736}, // 16 rows of 21 are whole units
  {outer: 66, width: 4099, copied: [4099], rows: 33, last: 33}, // whole units would make 48
  {outer: 32, width: 50257, copied: [50257], rows: 5, last: 2},
  {outer: 54, width: 8209, copied: [8209], rows: 32, last: 22}, // whole units make little more than 27
  {outer: 134, width: 4099, copied: [], rows: 45, last: 44}, // copied in JavaScript
  {outer: 1, width: 1 << 22, copied: [1 << 22], rows: 1, last: 1},
  {outer: 3, width: 1 << 22, copied: [1 << 22, 1 << 22], rows: 1, last: 1},
])('$outer outer rows of $width: parts of $rows', ({outer, width, copied, rows, last}) => {
  const parts = partsOf(outer, width, copied);
  expectToCover(parts, outer);
  expect(parts[0]!.rows).toBe(rows);
  expect(parts.at(-1)!.rows).toBe(last);
});

test('the parts of any tensor: of one size but the last, in whole units where these are not much larger', () => {
  for (let outer = 1; outer < 300_000; outer = Math.ceil(outer * 1.07)) {
    for (const width of [1, 5, 16, 21, 48, 1000, 4096, 4099, 50257]) {
      if (outer * width > 1 << 23) continue;
      const parts = partsOf(outer, width, [width]);
      expectToCover(parts, outer);
      const rows = parts[0]!.rows;
      for (const part of parts.slice(0, -1)) expect(part.rows).toBe(rows);
      const isWhole = boundsOf(parts, width)
        .slice(0, -1)
        .every((bound) => bound % 16 === 0);
      if (!isWhole) {
        expect(rows).toBe(Math.ceil(outer / Math.ceil((outer * width) / (1 << 18))));
        const unit = [1, 2, 4, 8, 16].find((rowsOfUnit) => (rowsOfUnit * width) % 16 === 0)!;
        expect(Math.ceil(rows / unit) * unit).toBeGreaterThan(1.25 * rows);
        expect(parts.at(-1)!.rows * width).toBeGreaterThanOrEqual(16);
      }
    }
  }
});

test('the calls of a part: at most 128, each of 16,384 elements where there are as many', () => {
  expect(callsOf(3, 100)).toEqual([{first: 0, rows: 3}]);
  expect(callsOf(8, 32000)).toHaveLength(8);
  for (const rows of [1, 5, 1000, 8192, 1 << 20]) {
    for (const width of [1, 21, 1000, 1 << 20]) {
      const calls = callsOf(rows, width);
      expectToCover(calls, rows);
      expect(calls.length).toBeLessThanOrEqual(128);
      if (rows * width >= 1 << 14) for (const call of calls) expect(call.rows * width).toBeGreaterThanOrEqual(1 << 14);
    }
  }
});
