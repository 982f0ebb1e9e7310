import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {isOfFamily} from '../../kernels/names';

/** Time that passes only when something says so, read in steps of `resolution` milliseconds. */
export class SimulatedClock {
  private time = 1000;
  constructor(private readonly resolution: number) {}
  readonly now = () => Math.floor(this.time / this.resolution) * this.resolution;
  pass(ms: number) {
    this.time += ms;
  }
}

export interface Fake {
  /** Called in each kernel of the family; may take time on a simulated clock, or throw. */
  onKernel?: () => void;
  /** What a kernel's result is turned into. */
  distort?: (values: Float32Array) => void;
  /** Instead of the backend itself. */
  start?: () => tf.KernelBackend | Promise<tf.KernelBackend>;
}

/** Registers tfjs's cpu backend and its kernels under another name, with faults of choice. */
export function registerFake(name: string, {onKernel = () => {}, distort, start}: Fake): void {
  tf.registerBackend(name, start ?? (() => new MathBackendCPU()), 0);
  for (const config of tf.getKernelsForBackend('cpu')) {
    const kernelFunc: tf.KernelFunc = (parameters) => {
      const result = config.kernelFunc(parameters);
      if (isOfFamily(config.kernelName)) {
        onKernel();
        const {dataId} = result as tf.TensorInfo;
        distort?.((parameters.backend as MathBackendCPU).data.get(dataId).values as Float32Array);
      }
      return result;
    };
    tf.registerKernel({...config, backendName: name, kernelFunc});
  }
}

/** Removes a fake and its kernels. */
export function removeFake(name: string): void {
  for (const {kernelName} of tf.getKernelsForBackend(name)) tf.unregisterKernel(kernelName, name);
  tf.removeBackend(name);
}

/** Everything that must be the same after a ranking as before. */
export function stateOfTfjs() {
  const tfjs = tf.engine();
  return {
    active: tf.getBackend(),
    tensors: tfjs.state.numTensors,
    buffers: tfjs.state.numDataBuffers,
    bytes: tfjs.state.numBytes,
  };
}
