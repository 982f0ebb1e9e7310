/** Runs the family on tfjs's webgl backend, and tells what happened there. */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {logSoftmax, logSoftmaxJvp, logSoftmaxVjp, logSumExp, softmax, softmaxVjp} from '../../index';
import {expose} from '../hosts/page';

const FORWARD = {softmax, logSoftmax, logSumExp};
const PRODUCTS = {softmaxProduct: softmaxVjp, logSoftmaxJvp, logSoftmaxVjp};

/** How an input lies in its texture before the op runs; `new` is not in one yet. */
export type Lie = 'packed' | 'unpacked' | 'new';

export interface TensorData {
  values: Float32Array;
  shape: number[];
  lie?: Lie;
}

export interface Outcome {
  values: Float32Array;
  shape: number[];
  /** Kernels that ran, by name. */
  kernels: string[];
  /** Draws between the op's call and its return, whoever made them. */
  draws: number;
  /** Programs compiled meanwhile. */
  compiled: number;
}

const functions = {
  /** Starts the webgl backend with these flags, small tensors never staying on the CPU. */
  async start({flags = {}}: {flags?: Record<string, boolean | number>}): Promise<string> {
    for (const [name, value] of Object.entries({WEBGL_CPU_FORWARD: false, WEBGL_SIZE_UPLOAD_UNIFORM: 0, ...flags})) {
      tf.env().set(name, value);
    }
    await tf.setBackend('webgl');
    tf.env().set('IS_TEST', true);
    const {gl} = webgl().gpgpu;
    return String(gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info')!.UNMASKED_RENDERER_WEBGL));
  },

  forward({op, logits, ...options}: ForwardCall): Promise<Outcome> {
    const {axis = -1, scale = 1, keepDims = false} = options;
    return observed([logits], ([x]) =>
      op === 'logSumExp' ? logSumExp(scale === 1 ? x! : tf.mul(x!, scale), axis, keepDims) : FORWARD[op](x!, axis, {scale}),
    );
  },
};
export interface ForwardCall {
  op: keyof typeof FORWARD;
  logits: TensorData;
  axis?: number;
  scale?: number;
  keepDims?: boolean;
}
expose(functions);
export type Functions = typeof functions;

function webgl(): MathBackendWebGL {
  return tf.backend() as MathBackendWebGL;
}

async function observed(inputs: TensorData[], f: (tensors: tf.Tensor[]) => tf.Tensor): Promise<Outcome> {
  const tensors = inputs.map(laid);
  const {gpgpu} = webgl();
  let [draws, compiled] = [0, 0];
  const {executeProgram, createProgram} = gpgpu;
  gpgpu.executeProgram = () => {
    draws++;
    executeProgram.call(gpgpu);
  };
  gpgpu.createProgram = (shader) => {
    compiled++;
    return createProgram.call(gpgpu, shader);
  };
  let result: tf.Tensor;
  try {
    const profile = await tf.profile(() => {
      result = f(tensors);
      return result;
    });
    Object.assign(gpgpu, {executeProgram, createProgram});
    const values = (await result!.data()) as Float32Array;
    return {values, shape: result!.shape, kernels: profile.kernelNames, draws, compiled};
  } finally {
    Object.assign(gpgpu, {executeProgram, createProgram});
    tf.dispose([...tensors, result!]);
  }
}

function laid({values, shape, lie = 'packed'}: TensorData): tf.Tensor {
  const x = tf.tensor(values, shape, 'float32');
  if (lie === 'new') return x;
  const data = webgl().texData.get(x.dataId);
  data.isPacked = lie === 'packed';
  data.shape = shape;
  webgl().uploadToGPU(x.dataId);
  return x;
}
