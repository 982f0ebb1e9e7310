import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {env} from '@tensorflow/tfjs-core';
import {variantsOnArrays} from '../engines/array_variants';
import type {Trial} from '../engines/types';
import {deviceOf} from './device';
import {layRows} from './layout';
import {type Plan, planReduction, planSecondSum} from './plan';

/** The shaders of a trial whose tensors are in textures: what they compute, how rows lie, how reductions are cut. */
export function variantsOf(trial: Trial, backend: MathBackendWebGL): string[] {
  if (env().getFlags().WEBGL_VERSION === 1) return variantsOnArrays(trial);
  const {outer, n, inner} = trial.rows;
  const layout = layRows(inner === 1 ? [outer, n] : [outer, n, inner], trial.rows);
  const device = deviceOf(backend);
  switch (trial.op) {
    case 'forward': {
      const name = trial.masked ? `masked ${trial.kind}` : trial.kind;
      const reader = trial.kind === 'logSumExp' ? 'none' : 'map';
      return [name, `${name} along the ${layout.orientation}`, inWords(planReduction(layout, reader, device))];
    }
    case 'product':
      if (trial.fromLogits && trial.kind !== 'logSoftmaxVjp') return [];
      return [
        trial.fromLogits ? `${trial.kind} from logits` : trial.kind,
        `products along the ${layout.orientation}`,
        `products, ${inWords(planReduction(layout, 'map', device))}`,
      ];
    case 'loss':
    case 'lossGradient': {
      const {sparse, smoothing} = trial.loss;
      const name = `${trial.op} of ${sparse ? 'classes' : 'distributions'}`;
      const along = `${trial.op} along the ${layout.orientation}`;
      if (trial.op === 'lossGradient') return [name, along];
      if (sparse && smoothing === 0) return [name, along, inWords(planReduction(layout, 'rows', device))];
      return [`${name}${smoothing ? ', smoothed' : ''}`, along, `losses, ${inWords(planSecondSum(layout, device))}`];
    }
    default:
      return [];
  }
}

function inWords({levels, left}: Plan): string {
  return `rows reduced in ${levels.length} draw${levels.length > 1 ? 's' : ''}${left > 1 ? ', merged where they are read' : ''}`;
}
