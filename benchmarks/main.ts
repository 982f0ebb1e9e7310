/**
 * The family beside stock tfjs, interleaved, on one backend.
 *
 *     npm run bench                        cpu, the shapes of the README
 *     npm run bench -- --backend cpu --op softmax --range 50 --seconds 1 --json results.json
 */
import '@tensorflow/tfjs-layers'; // tfjs's own gradients, for stock's backward pass
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import {backendReport} from 'tfjs-softmax';
import {againstStock, type Row} from './against_stock';
import {COMPARISONS} from './comparisons';
import {geometricMean} from './interleave';

const SHAPES: [number, number][] = [
  [1, 1000],
  [64, 1000],
  [1024, 128],
  [1, 50257],
  [4096, 8],
  [65536, 21],
  [1, 4],
];

const {values: options} = parseArgs({
  options: {
    backend: {type: 'string', default: 'cpu'},
    op: {type: 'string', multiple: true, default: Object.keys(COMPARISONS)},
    shape: {type: 'string', multiple: true, default: SHAPES.map((shape) => shape.join('x'))},
    range: {type: 'string', default: '10'},
    seconds: {type: 'string', default: '0.5'},
    json: {type: 'string'},
  },
});

tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
if (!(await tf.setBackend(options.backend))) throw new Error(`tfjs's backend ${options.backend} does not start here`);
const report = await backendReport({start: false});
const machine = {
  date: new Date().toISOString().slice(0, 10),
  processor: cpus()[0]?.model,
  node: process.version,
  versions: report.versions,
  backend: options.backend,
  runs: report.backends.find(({name}) => name === options.backend)?.runs,
  logits: `uniform on (-${options.range}, ${options.range})`,
};
console.log(machine);

const rows: Row[] = [];
const table = new Table({
  head: ['op', 'shape', 'ours ns', 'stock ns', 'stock / ours', 'ours ULP', 'stock ULP'],
  colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
  style: {head: [], border: [], compact: true},
});
const plan = {
  shapes: options.shape.map((text) => text.split('x').map(Number) as [number, number]),
  ops: options.op,
  range: Number(options.range),
  seconds: Number(options.seconds),
};
for (const row of againstStock(plan)) {
  rows.push(row);
  const perElement = (ms: number) => ((ms * 1e6) / (row.shape[0] * row.shape[1])).toFixed(2);
  const errors = [row.errors.ours, row.errors.stock].map((error) => error.toFixed(1));
  const figures = [perElement(row.ours.median), perElement(row.stock.median), row.ratio.toFixed(2), ...errors];
  table.push([row.op, row.shape.join('x'), ...figures]);
}
console.log(table.toString());
for (const op of plan.ops) {
  const ratios = rows.filter((row) => row.op === op).map(({ratio}) => ratio);
  console.log(`${op}: geometric mean ${geometricMean(ratios).toFixed(2)}, least ${Math.min(...ratios).toFixed(2)}`);
}
if (options.json) writeFileSync(options.json, `${JSON.stringify({machine, rows}, null, 1)}\n`);
