import * as tf from '@tensorflow/tfjs-core';
import {isOfFamily} from '../../kernels/names';

/** The kernels of the family that tfjs's engine runs meanwhile; or those that are wanted. */
export function recordKernels<T>(action: () => T, wanted = isOfFamily): {result: T; kernels: string[]} {
  const {kernels, stop} = watchKernels(wanted);
  try {
    return {result: action(), kernels};
  } finally {
    stop();
  }
}

/** Collects the kernels of the family that tfjs's engine runs until `stop()`; or those that are wanted. */
export function watchKernels(wanted = isOfFamily): {kernels: string[]; stop: () => void} {
  const kernels: string[] = [];
  const engine = tf.engine();
  const {runKernel} = engine;
  engine.runKernel = function (this: typeof engine, name, ...rest) {
    if (wanted(name)) kernels.push(name);
    return runKernel.call(this, name, ...rest) as never;
  };
  const stop = () => {
    if (Object.getPrototypeOf(engine).runKernel === runKernel) delete (engine as Partial<typeof engine>).runKernel;
    else engine.runKernel = runKernel;
  };
  return {kernels, stop};
}
