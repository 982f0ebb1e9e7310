import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {Trial} from '../engines/types';
import {hardwareOf} from './hardware';
import {type Plan, planFor} from './plan';

/** The shaders of a trial whose tensors are in buffers: what they compute, and how rows lie on workgroups. */
export function variantsOf(trial: Trial, backend: WebGPUBackend): string[] {
  if (trial.op === 'scaleRows') return [];
  if (trial.op === 'logPlus') return ['logPlus'];
  if (trial.op === 'product' && trial.fromLogits && trial.kind !== 'logSoftmaxVjp') return [];
  const plan = planFor(trial.rows, hardwareOf(backend));
  const {variant, threads, held} = plan;
  const way = `${variant}${threads === 1 ? ', a thread a row' : ''}${held === 0 ? ', walking' : ''}`;
  // Each op is checked, each reduction in each way, and each layout of rows. Not each op on each layout: that would compile 130
  // programs for a GPU in software, where it takes five times as long as this, and a thousand for another.
  return [nameOf(trial), `${reductionOf(trial)}: ${way}`, layoutOf(plan)];
}

/** All that a plan puts into the code of a program. */
export function layoutOf({strided, vector, rows, threads, held, parts}: Plan): string {
  return `${rows} x ${threads} threads, ${held} x ${vector} held${strided ? ', strided' : ''}${parts > 1 ? ', in parts' : ''}`;
}

function nameOf(trial: Trial): string {
  switch (trial.op) {
    case 'forward':
      return `${trial.masked ? 'masked ' : ''}${trial.kind}${trial.scale === 1 ? '' : ', scaled'}`;
    case 'product':
      return trial.fromLogits ? `${trial.kind} from logits` : trial.kind;
    case 'loss':
    case 'lossGradient': {
      const {sparse, smoothing, total} = trial.loss;
      const name = `${trial.op} of ${sparse ? 'classes' : 'distributions'}`;
      return `${name}${smoothing === 0 ? '' : ', smoothed'}${total === null ? '' : ', in total'}`;
    }
    default:
      return trial.op;
  }
}

/** What is reduced: exponentials, sums of products, or both. */
function reductionOf(trial: Trial): string {
  if (trial.op === 'product' && !trial.fromLogits) return 'products';
  return trial.op === 'forward' ? 'exponentials' : 'losses';
}
