/**
 * What threads gain on the wasm backend in Chromium: our kernels on one thread and on several, beside stock's on as many, in
 * turn. Prints JSON; benchmarks/results/threads has committed ones.
 *
 *     npx tsx benchmarks/threads.ts --threads 2 --seconds 2 --op softmax --shape 64x1000 --shape 1024x1000
 */
import {cpus} from 'node:os';
import {parseArgs} from 'node:util';
import {open} from '../spec/hosts/browser';
import type {Functions, ThreadsCase, ThreadsOp} from './pages/threads';
import {parseShape} from './suite/shapes';

const {values: options} = parseArgs({
  options: {
    /** tfjs's and ours. */
    threads: {type: 'string', default: '2'},
    /** Of each op and shape. */
    seconds: {type: 'string', default: '2'},
    op: {type: 'string', multiple: true, default: ['softmax', 'gradSoftmax']},
    shape: {
      type: 'string',
      multiple: true,
      default: ['8x1000', '64x1000', '1024x1000', '128x32000', '65536x21', '4096x8'],
    },
  },
});

const page = await open<Functions>({entry: 'benchmarks/pages/threads.ts', crossOriginIsolated: true});
try {
  const runs = await page.run('start', {threads: Number(options.threads)});
  const cases: ThreadsCase[] = [];
  for (const op of options.op as ThreadsOp[]) {
    for (const shape of options.shape.map(parseShape)) {
      cases.push(await page.run('measure', {op, shape, seconds: Number(options.seconds)}));
    }
  }
  const machine = `${cpus().length} cores of ${cpus()[0]?.model}`;
  console.log(JSON.stringify({runs, machine, date: new Date().toISOString().slice(0, 10), cases}, null, 1));
} finally {
  await page.close();
}
