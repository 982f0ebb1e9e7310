/**
 * Measures the figures that the dispatcher's cost model ships with (backends/dispatcher/costs.ts), and prints them.
 *
 *     npx tsx benchmarks/cost_model.ts                     cpu and wasm here, webgl in Chromium on SwiftShader
 *     npx tsx benchmarks/cost_model.ts --backend cpu --budget 300
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {cpus} from 'node:os';
import {parseArgs} from 'node:util';
import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type {BackendCosts} from '../backends/dispatcher/costs';
import {open} from '../spec/hosts/browser';
import {figuresOf} from './cost_figures';
import type {Functions} from './pages/cost_model';

const {values: options} = parseArgs({
  options: {
    backend: {type: 'string', multiple: true, default: ['cpu', 'wasm', 'composed', 'webgl']},
    /** Milliseconds for each op and shape. */
    budget: {type: 'string', default: '400'},
  },
});

tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
registerComposed();
const budgetMs = Number(options.budget);
const where = `${cpus().length} cores of ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}`;
for (const backend of options.backend) {
  const browser = backend === 'webgl';
  const from = `measured with ${browser ? 'SwiftShader in Chromium' : `Node ${process.versions.node.split('.')[0]}`} on ${where}`;
  print(backend, browser ? await inChromium(backend, from) : await figuresOf(backend, from, budgetMs));
}

/** The cpu backend under a name that nobody has kernels for: so the ops are composed of tfjs's. */
function registerComposed(): void {
  tf.registerBackend('composed', () => new MathBackendCPU());
  for (const config of tf.getKernelsForBackend('cpu')) {
    if (!config.kernelName.startsWith('Fused')) tf.registerKernel({...config, backendName: 'composed'});
  }
}

async function inChromium(backend: string, from: string): Promise<BackendCosts> {
  const page = await open<Functions>({entry: 'benchmarks/pages/cost_model.ts', crossOriginIsolated: true});
  try {
    return await page.run('figures', {backend, from, budgetMs: 8 * budgetMs});
  } finally {
    await page.close();
  }
}

function print(backend: string, {from, ops, upload, download, firstCall}: BackendCosts): void {
  const line = (figures: object) =>
    JSON.stringify(figures)
      .replaceAll('"', '')
      .replaceAll(/([:,])/g, '$1 ');
  console.log(`  ${backend}: {\n    from: '${from}',\n    ops: {`);
  for (const [op, figures] of Object.entries(ops)) console.log(`      ${op}: ${line(figures)},`);
  console.log(
    `    },\n    upload: ${line(upload)},\n    download: ${line(download)},\n    firstCall: ${firstCall},\n  },`,
  );
}
