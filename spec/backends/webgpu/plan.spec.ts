import type {Hardware} from '../../../backends/webgpu/plan';
import {inWords, planFor} from '../../../backends/webgpu/plan';
import {rowsAlong} from '../../../kernels/rows';

/** What most GPUs of desktops allow. */
const HARDWARE: Hardware = {software: false, threads: 256, busy: 128, grid: 65535, bytes: 2 ** 31 - 4};

const planOf = (shape: number[], axis = shape.length - 1, hardware: Partial<Hardware> = {}) =>
  planFor(rowsAlong(shape, axis), {...HARDWARE, ...hardware});

test.each([
  [[4096, 8], 1, 'shortRows: 64 rows to a workgroup, 1 thread each, 2 vectors of 4 in registers'],
  [[65536, 21], 1, 'shortRows: 8 rows to a workgroup, 8 threads each, 4 vectors of 1 in registers'],
  [[1048576, 64], 1, 'shortRows: 16 rows to a workgroup, 4 threads each, 4 vectors of 4 in registers'],
  [[64, 1000], 1, 'rowInRegisters: 1 row to a workgroup, 64 threads each, 4 vectors of 4 in registers'],
  [[64, 1009], 1, 'rowInRegisters: 1 row to a workgroup, 256 threads each, 4 vectors of 1 in registers'],
  [[8192, 4096], 1, 'rowInRegisters: 1 row to a workgroup, 128 threads each, 8 vectors of 4 in registers'],
  [[1024, 16384], 1, 'rowInRegisters: 1 row to a workgroup, 256 threads each, 16 vectors of 4 in registers'],
  [[128, 32000], 1, 'longRows: 1 row to a workgroup, 256 threads each, walking along it by vectors of 4'],
  [[1024, 50257], 1, 'longRows: 1 row to a workgroup, 256 threads each, walking along it by vectors of 1'],
  [[1, 50257], 1, 'splitRows: 1 row to a workgroup, 256 threads each, 8 vectors of 1 in registers, in 25 parts'],
  [[16, 1000000], 1, 'splitRows: 1 row to a workgroup, 256 threads each, 4 vectors of 4 in registers, in 245 parts'],
  [[8, 21, 66049], 1, 'stridedRows: 64 rows to a workgroup, 2 threads each, 16 vectors of 1 in registers'],
  [[1000, 1000], 0, 'stridedRows: 4 rows to a workgroup, 64 threads each, 16 vectors of 1 in registers'],
  [[64, 2000, 64], 1, 'stridedRows: 16 rows to a workgroup, 16 threads each, walking along it by vectors of 1'],
  [
    [50257, 8],
    0,
    'splitStridedRows: 4 rows to a workgroup, 64 threads each, 16 vectors of 1 in registers, in 50 parts',
  ],
])('%p along %i: %s', (shape, axis, words) => {
  expect(inWords(planOf(shape, axis))).toBe(words);
});

describe('any rows on any device', () => {
  const lengths = [1, 2, 3, 4, 5, 8, 15, 21, 64, 100, 257, 1000, 1009, 4096, 5000, 16384, 32767, 50257, 128256, 1e6];
  const hardware = [HARDWARE, {...HARDWARE, threads: 128}, {...HARDWARE, software: true}, {...HARDWARE, grid: 7}];
  const cases = lengths.flatMap((n) =>
    [1, 2, 7, 64, 200].flatMap((outer) => [1, 2, 3, 50, 1000].map((inner) => ({outer, n, inner}))),
  );

  test.each(hardware)('on %p', (device) => {
    for (const rows of cases) {
      const plan = planFor(rows, device);
      // A workgroup is no larger than the device allows, and fills what the hardware runs at once.
      expect(plan.rows * plan.threads).toBeLessThanOrEqual(device.threads);
      if (!device.software) expect(plan.rows * plan.threads).toBeGreaterThanOrEqual(64);
      expect(rows.n % plan.vector).toBe(0);
      // The parts make up the row, and registers hold what they are to hold.
      expect(plan.part * plan.parts * plan.vector).toBeGreaterThanOrEqual(rows.n);
      expect(plan.part * (plan.parts - 1) * plan.vector).toBeLessThan(rows.n);
      if (plan.held > 0) expect(plan.threads * plan.held).toBeGreaterThanOrEqual(plan.part);
      // There is a workgroup for every part of every row, and the grid fits.
      const groups = Math.ceil((rows.outer * rows.inner) / plan.rows) * plan.parts;
      expect(plan.grid[0] * plan.grid[1]).toBeGreaterThanOrEqual(groups);
      expect(Math.max(...plan.grid)).toBeLessThanOrEqual(Math.max(device.grid, Math.ceil(groups / device.grid)));
    }
  });

  test('the code does not depend on the number of rows, but for whether rows are split', () => {
    for (const n of lengths) {
      const codes = new Set([1, 2, 3, 31, 64, 1000, 100000].map((outer) => inWords(planOf([outer, n]))));
      expect(codes.size).toBeLessThanOrEqual(n > 4096 ? 2 : 1);
    }
  });
});

test('more rows than workgroups along one dimension: a grid of two', () => {
  expect(planOf([65536 * 64 + 1, 8]).grid).toEqual([32769, 2]);
});
