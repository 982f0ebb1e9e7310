import * as tf from '@tensorflow/tfjs-core';
import {isOfFamily} from '../../kernels/names';
import {replaceMethod} from '../../tfjs/engine';

/** The kernels of the family that tfjs's engine runs meanwhile; or those that are wanted. */
export function recordKernels<T>(action: () => T, wanted = isOfFamily): {result: T; kernels: string[]} {
  const {kernels, stop} = watchKernels(wanted);
  try {
    return {result: action(), kernels};
  } finally {
    stop();
  }
}

/**
 * Collects the kernels of the family that tfjs's engine runs until `stop()`; or those that are wanted. It listens where the
 * engine runs them: the engine's `runKernel` is what install() wraps, and from its outside not all can be seen.
 */
export function watchKernels(wanted = isOfFamily): {kernels: string[]; stop: () => void} {
  const kernels: string[] = [];
  const engine = tf.engine() as unknown as EngineInside;
  const {runKernelFunc} = engine;
  const stop = replaceMethod(engine, 'runKernelFunc', function (this: EngineInside, call) {
    if (call.kernelName !== undefined && wanted(call.kernelName)) kernels.push(call.kernelName);
    return runKernelFunc.call(this, call);
  });
  return {kernels, stop};
}

interface EngineInside {
  /** Of a customGrad there is no name. */
  runKernelFunc(call: {kernelName?: string}): unknown;
}
