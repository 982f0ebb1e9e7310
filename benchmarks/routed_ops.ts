/**
 * tfjs's ops that install() routes, stock and installed in turns of some calls: forward, and within a gradient. It prints, for each
 * shape, the time of stock divided by the time after install(), and with --into it writes the medians.
 *
 *     npx tsx benchmarks/routed_ops.ts --backend tensorflow
 *     npx tsx benchmarks/routed_ops.ts --backend wasm --shape 64x1000 --rounds 20
 */
import {writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {parseArgs} from 'node:util';
import '@tensorflow/tfjs-backend-cpu';
import {setThreadsCount} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // loads tfjs's gradients
import {install, uninstall} from '../node';
import {TFJS_NODE} from '../spec/hosts/tfjs_node';
import {machineOfNode} from './node/machine';
import {parseShape} from './suite/shapes';
import {quantile} from './suite/statistics';

const {values: options} = parseArgs({
  options: {
    backend: {type: 'string', default: 'tensorflow'},
    shape: {
      type: 'string',
      multiple: true,
      default: [
        ...['1x1000', '64x1000', '1024x128', '1x50257', '4096x8', '262x1000', '300x1000', '8192x128', '1024x1000'],
        ...['65536x21', '128x32000', '4096x1024'],
      ],
    },
    /** By default all. */
    op: {type: 'string', multiple: true},
    rounds: {type: 'string', default: '12'},
    into: {type: 'string'},
  },
});

type Op = (x: tf.Tensor, q: tf.Tensor) => tf.Tensor;

const forward: Record<string, Op> = {
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  logSumExp: (x) => tf.logSumExp(x, -1),
  softmaxCrossEntropy: (x, q) => tf.losses.softmaxCrossEntropy(q, x),
};
const OPS: Record<string, Op> = {
  ...forward,
  ...Object.fromEntries(
    Object.entries(forward).map(([name, op]): [string, Op] => [
      `gradient of ${name}`,
      (x, q) => tf.grad((t: tf.Tensor) => op(t, q))(x),
    ]),
  ),
};

/** A turn goes on for so many milliseconds, and for some calls at least. */
const TURN_MS = 4;
const CALLS = 4;
const WAYS = {stock: uninstall, installed: install} as const;
type Way = keyof typeof WAYS;

/** Microseconds of a call, of each turn. */
function measure(op: Op, x: tf.Tensor, q: tf.Tensor, rounds: number): Record<Way, number[]> {
  const times: Record<Way, number[]> = {stock: [], installed: []};
  const call = () => tf.tidy(() => op(x, q)).dispose();
  for (let round = 0; round < rounds; round++) {
    for (const way of round % 2 ? (['installed', 'stock'] as const) : (['stock', 'installed'] as const)) {
      WAYS[way]();
      call(); // what it finds of the other's in the caches does not count
      const start = performance.now();
      let calls = 0;
      while (calls < CALLS || performance.now() - start < TURN_MS) {
        call();
        calls++;
      }
      times[way].push((1000 * (performance.now() - start)) / calls);
    }
  }
  return times;
}

async function main() {
  const {backend} = options;
  if (backend === 'tensorflow') createRequire(TFJS_NODE)(TFJS_NODE);
  setThreadsCount(1);
  if (!(await tf.setBackend(backend!))) throw new Error(`${backend} does not start`);
  const results = [];
  for (const shape of options.shape!.map(parseShape)) {
    const x = tf.randomNormal(shape, 0, 3, 'float32', 1);
    const q = tf.softmax(tf.randomNormal(shape, 0, 1, 'float32', 2));
    tf.tidy(() => [tf.neg(x), tf.neg(q)]); // from here on the backend holds them
    const words = [];
    for (const [op, run] of Object.entries(OPS).filter(([name]) => options.op?.includes(name) ?? true)) {
      const times = measure(run, x, q, Number(options.rounds));
      const ratios = times.stock.map((time, i) => time / times.installed[i]!);
      const median = (all: number[]) => Number(quantile(all, 0.5).toPrecision(4));
      const result = {op, shape, stock: median(times.stock), installed: median(times.installed), ratio: median(ratios)};
      results.push(result);
      words.push(`${op} ${result.ratio.toFixed(2)}`);
    }
    uninstall();
    console.log(`${shape.join('x').padEnd(10)} ${words.join(', ')}`);
    tf.dispose([x, q]);
  }
  const machine = machineOfNode({'tfjs-core': tf.version_core}, []);
  if (options.into) writeFileSync(options.into, `${JSON.stringify({backend, machine, results}, null, 1)}\n`);
}

void main();
