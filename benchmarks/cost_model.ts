/**
 * Measures the figures that the dispatcher's cost model ships with, and prints backends/dispatcher/costs.json with them in it;
 * all others stay as they are there.
 *
 *     npx tsx benchmarks/cost_model.ts                     cpu, wasm, composed here, webgl in Chromium on SwiftShader
 *     npx tsx benchmarks/cost_model.ts --backend composed --budget 1000 --largest 140000
 *     npx tsx benchmarks/cost_model.ts --backend tensorflow --load ./.cache/tfjs-node/node_modules/@tensorflow/tfjs-node
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {createRequire} from 'node:module';
import {cpus} from 'node:os';
import {resolve} from 'node:path';
import {parseArgs} from 'node:util';
import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type {BackendCosts} from '../backends/dispatcher/cost';
import shipped from '../backends/dispatcher/costs.json';
import {isOfFamily} from '../kernels/names';
import {open} from '../spec/hosts/browser';
import {type FiguresRequest, figuresOf} from './cost_figures';
import type {Functions} from './pages/cost_model';

const {values: options} = parseArgs({
  options: {
    backend: {type: 'string', multiple: true, default: ['cpu', 'wasm', 'composed', 'webgl']},
    /** A package to be loaded first, such as tfjs-node: its folder or name. */
    load: {type: 'string', multiple: true, default: []},
    /** Milliseconds for each op and shape. */
    budget: {type: 'string', default: '400'},
    /** Elements of the largest shape. */
    largest: {type: 'string', default: '1000000'},
  },
});

tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
registerComposed();
const require = createRequire(resolve('package.json'));
for (const name of options.load) require(name.startsWith('.') ? resolve(name) : name);
const where = `${cpus().length} cores of ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}`;
const costs: Record<string, BackendCosts> = {...shipped};
for (const backend of options.backend) {
  const browser = backend === 'webgl';
  const runtime = browser ? 'SwiftShader in Chromium' : `Node ${process.versions.node.split('.')[0]}`;
  const request = {
    backend,
    from: `measured with ${runtime} on ${where}`,
    budgetMs: Number(options.budget) * (browser ? 8 : 1),
    largest: Number(options.largest),
  };
  const name = browser ? `${backend} in software` : backend;
  const figures = await (browser ? inChromium(request) : figuresOf(request));
  // How long whole models take is measured by benchmarks/model_choices.ts, what threads gain by benchmarks/threads.ts.
  costs[name] = {...costs[name], model: costs[name]?.model ?? 1, ...figures};
}
console.log(written(costs));

/** The cpu backend under a name that nobody has kernels for: so the ops are composed of tfjs's. */
function registerComposed(): void {
  tf.registerBackend('composed', () => new MathBackendCPU());
  for (const config of tf.getKernelsForBackend('cpu')) {
    if (!isOfFamily(config.kernelName)) tf.registerKernel({...config, backendName: 'composed'});
  }
}

async function inChromium(request: FiguresRequest): Promise<Omit<BackendCosts, 'model' | 'undivided'>> {
  const page = await open<Functions>({entry: 'benchmarks/pages/cost_model.ts', crossOriginIsolated: true});
  try {
    return await page.run('figures', request);
  } finally {
    await page.close();
  }
}

/** As JSON in which what an op costs is one line. */
function written(costs: Record<string, BackendCosts>): string {
  return JSON.stringify(costs, null, 2).replace(/\{\s+("fixed"[^{}]*?)\s+\}/g, (_, figures: string) => {
    return `{ ${figures.replace(/\s*\n\s*/g, ' ')} }`;
  });
}
