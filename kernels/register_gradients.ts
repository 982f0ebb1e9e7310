import {
  broadcast_util,
  type GradConfig,
  getGradient,
  registerGradient,
  reshape,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import {savingWithoutCopies} from '../tfjs/saved_tensors';
import {floats} from './floats';
import {passedOn} from './primitives';
import {KERNELS} from './table';

/**
 * The two kernels that tfjs's engine itself puts on the tape during backpropagation, where tensors are saved and where
 * gradients add up. From the third derivative on it differentiates them, and without `register_all_gradients` it
 * could not.
 */
const ENGINE: GradConfig[] = [
  {kernelName: 'Cast', gradFunc: (dy) => ({x: () => passedOn(dy as Tensor)})},
  {
    kernelName: 'Add',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor];
      return {a: () => sumToShape(dy as Tensor, a.shape), b: () => sumToShape(dy as Tensor, b.shape)};
    },
  },
];

/** Registers the gradients of the family, and those of the engine's own kernels that nobody has registered. */
export function registerGradients(): void {
  const family = KERNELS.map(({name, gradient}) => savingWithoutCopies({kernelName: name, ...gradient}));
  for (const config of [...family, ...ENGINE]) {
    if (getGradient(config.kernelName) == null) registerGradient(config);
  }
}

/** A cotangent of a broadcast sum, for one addend: summed over the axes along which that was repeated. */
function sumToShape(dy: Tensor, shape: number[]): Tensor {
  const repeated = broadcast_util.getReductionAxes(shape, dy.shape);
  return repeated.length > 0 ? reshape(sum(floats(dy), repeated), shape) : passedOn(dy);
}
