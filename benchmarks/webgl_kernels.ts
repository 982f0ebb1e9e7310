/**
 * The family against stock tfjs on webgl, end to end in Chromium: `tsx benchmarks/webgl_kernels.ts [rounds]`.
 * Ratios are medians of one interleaved run; each pair of results is compared before its time counts.
 */
import Table from 'cli-table3';
import {open} from '../spec/hosts/browser';
import type {Functions, Timing} from './pages/webgl_kernels';

const SHAPES = [
  [64, 1000],
  [64, 1009],
  [1024, 128],
  [1, 50257],
  [65536, 21],
  [12, 128, 128],
];
const TOLERANCE: Record<string, number> = {softmax: 1e-5, logSoftmax: 1e-4};

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 15);
  const page = await open<Functions>({entry: 'benchmarks/pages/webgl_kernels.ts', crossOriginIsolated: true});
  console.log(await page.run('start', undefined));
  for (const packed of [true, false]) {
    for (const gradient of [false, true]) {
      for (const op of ['softmax', 'logSoftmax']) {
        const table = new Table({head: ['shape', 'ours ms', 'stock ms', 'stock / ours', '20 % - 80 %']});
        const ratios: number[] = [];
        for (const shape of SHAPES) {
          const timing = await page.run('time', {op, gradient, shape, packed, rounds});
          if (!(timing.difference <= TOLERANCE[op]!)) {
            throw new Error(`${op} of ${shape}: results differ by ${timing.difference}, so no time is shown`);
          }
          ratios.push(row(table, shape, timing));
        }
        const mean = Math.exp(ratios.reduce((sum, r) => sum + Math.log(r), 0) / ratios.length);
        console.log(`\n${op}${gradient ? ' gradient' : ''}, ${packed ? 'packed' : 'unpacked'} input`);
        console.log(table.toString());
        console.log(`geometric mean ${mean.toFixed(2)}, least ${Math.min(...ratios).toFixed(2)}`);
      }
    }
  }
  await page.close();
}

/** Adds a row, and returns the ratio of the medians. */
function row(table: Table.Table, shape: number[], {ours, stock}: Timing): number {
  const ratio = quantile(stock, 0.5) / quantile(ours, 0.5);
  const each = stock.map((time, round) => time / ours[round]!);
  const spread = `${quantile(each, 0.2).toFixed(2)} - ${quantile(each, 0.8).toFixed(2)}`;
  const times = [ours, stock].map((t) => quantile(t, 0.5).toFixed(3));
  table.push([shape.join('x'), ...times, ratio.toFixed(2), spread]);
  return ratio;
}

function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(q * (sorted.length - 1))]!;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
