/**
 * The program of matrix.spec.ts: loads what it is told to in the order that it is told, and prints the differences on each backend,
 * with each set of flags. It is bundled into one text, without the packages that it requires.
 */
import {type Difference, differences} from './ways';

/** Parts of a program, in the order in which it loads them; the flags of tfjs that are set in turn. */
export interface Plan {
  order: Step[];
  backends: string[];
  flags: Record<string, boolean>[];
  /** Where tfjs-node is. */
  tfjsNode: string;
}

export type Step = 'ours' | 'core' | 'backends' | 'union' | 'install';

/** By backend and flags. */
export type Findings = Record<string, {ways: number; differ: Difference[]}>;

const plan: Plan = JSON.parse(process.argv[1]!);
for (const method of ['log', 'warn', 'info', 'table'] as const) console[method] = () => {}; // what tfjs announces and debugs
let ours: typeof import('../../index');
const STEPS: Record<Step, () => void> = {
  ours() {
    ours = require('tfjs-softmax');
  },
  core: () => require('@tensorflow/tfjs-core'),
  backends() {
    for (const name of plan.backends) {
      if (name === 'tensorflow') require(plan.tfjsNode);
      else if (name !== 'webgpu') require(`@tensorflow/tfjs-backend-${name}`);
    }
  },
  union: () => require('@tensorflow/tfjs'),
  install: () => ours.install(),
};

async function run(): Promise<void> {
  for (const step of plan.order) STEPS[step]();
  const tf = require('@tensorflow/tfjs') as typeof import('@tensorflow/tfjs');
  const findings: Findings = {};
  for (const backend of plan.backends) {
    if (backend === 'webgpu') {
      await ours.enableWebGPU();
      require('@tensorflow/tfjs-backend-webgpu'); // which looks for WebGPU then
    }
    await tf.setBackend(backend);
    for (const flags of plan.flags) {
      for (const [name, value] of Object.entries(flags)) tf.env().set(name, value);
      findings[`${backend}, ${JSON.stringify(flags)}`] = await differences(tf, ours);
      for (const [name, value] of Object.entries(flags)) tf.env().set(name, !value);
    }
  }
  process.stdout.write(`${JSON.stringify(findings)}\n`);
}

void run();
