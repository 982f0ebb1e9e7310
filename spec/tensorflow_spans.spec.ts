import {callsOf, partsOf, type Span} from '../backends/tensorflow/spans';

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
  {outer: 66, width: 4099, copied: [4099], rows: 66, last: 66}, // of no whole units
  {outer: 134, width: 4099, copied: [], rows: 45, last: 44}, // copied in JavaScript
  {outer: 1, width: 1 << 22, copied: [1 << 22], rows: 1, last: 1},
  {outer: 3, width: 1 << 22, copied: [1 << 22, 1 << 22], rows: 1, last: 1},
])('$outer outer rows of $width: parts of $rows', ({outer, width, copied, rows, last}) => {
  const parts = partsOf(outer, width, copied);
  expectToCover(parts, outer);
  expect(parts[0]!.rows).toBe(rows);
  expect(parts.at(-1)!.rows).toBe(last);
});

test('the parts of any tensor: of one size but the last, in whole units', () => {
  for (let outer = 1; outer < 300_000; outer = Math.ceil(outer * 1.07)) {
    for (const width of [1, 5, 16, 21, 48, 1000, 4096]) {
      if (outer * width > 1 << 23) continue;
      const parts = partsOf(outer, width, [width]);
      expectToCover(parts, outer);
      const rows = parts[0]!.rows;
      const last = parts.pop()!;
      for (const part of parts) {
        expect(part.rows).toBe(rows);
        expect((part.rows * width) % 16).toBe(0);
      }
      if (parts.length > 0) expect((last.rows * width) % 16).toBe(0);
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
