import {
  getKernel,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type {Engine} from './engine';

/**
 * The shortest way from a route to a kernel of this package: it saves a small `tf.softmax` within a model a seventh of its time.
 *
 * tfjs's own `runKernel` looks a kernel up to say that there is none, and then calls `runKernelFunc`, which looks it up again
 * and makes closures of all that there may be to do around it: to record, to profile, to debug. A route knows that there is a
 * kernel; and where there is nothing to do around it, as in `model.predict`, it is called from here. Where a stranger's
 * stands in the place of one of tfjs's functions, the stranger is to see the call.
 *
 * Relies on: while `state.gradientDepth` is 0, nobody profiles, and the flags DEBUG and IS_TEST are off, `runKernelFunc` does no
 * more than to call the kernel and to make a tensor of what that gives.
 */
export function shortestRun(tfjs: Engine, runKernel: Engine['runKernel']): Engine['runKernel'] {
  const inside = tfjs as unknown as {runKernelFunc?: (call: object) => never};
  if (typeof inside.runKernelFunc !== 'function' || !saysInErrors(runKernel, ' not registered for backend ')) {
    return (kernelName, inputs, attrs) => runKernel.call(tfjs, kernelName, inputs, attrs) as never;
  }
  const known = saysInErrors(inside.runKernelFunc, 'Cannot find registered kernel') ? inside.runKernelFunc : null;
  let last: {kernelName: string; backendName: string; kernelFunc: KernelFunc} | null = null;
  return <T extends Tensor | Tensor[]>(kernelName: string, inputs: NamedTensorMap, attrs?: NamedAttrMap): T => {
    const {state, ENV, backendName, backend} = tfjs;
    if (
      state.gradientDepth !== 0 ||
      state.profiling ||
      inside.runKernelFunc !== known ||
      ENV.getBool('DEBUG') ||
      ENV.getBool('IS_TEST')
    ) {
      return inside.runKernelFunc!({kernelName, inputs, attrs});
    }
    if (last?.backendName !== backendName || last.kernelName !== kernelName) {
      last = {kernelName, backendName, kernelFunc: getKernel(kernelName, backendName).kernelFunc};
    }
    const result = last.kernelFunc({inputs, attrs, backend}) as TensorInfo;
    return ('rank' in result ? result : tfjs.makeTensorFromTensorInfo(result)) as T;
  };
}

/** Whether this is the function of tfjs that is known, by a piece of its error message, which no build of tfjs changes. */
function saysInErrors(method: unknown, message: string): boolean {
  return Function.prototype.toString.call(method).includes(message);
}
