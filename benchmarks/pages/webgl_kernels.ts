/** Times the family against stock tfjs on the webgl backend, in one interleaved run. */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import {logSoftmax, softmax} from '../../index';
import {expose} from '../../spec/hosts/page';

type Op = (x: tf.Tensor) => tf.Tensor;

const OURS: Record<string, Op> = {softmax: (x) => softmax(x), logSoftmax: (x) => logSoftmax(x)};
const STOCK: Record<string, Op> = {softmax: (x) => tf.softmax(x), logSoftmax: (x) => tf.logSoftmax(x)};

export interface Timing {
  /** Largest difference between the two results. */
  difference: number;
  /** Milliseconds an op, one number a round. */
  ours: number[];
  stock: number[];
}

const functions = {
  async start(): Promise<string> {
    await tf.setBackend('webgl');
    const {gl} = (tf.backend() as MathBackendWebGL).gpgpu;
    return String(gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info')!.UNMASKED_RENDERER_WEBGL));
  },

  async time(workload: Workload): Promise<Timing> {
    const {op, gradient, shape, packed, rounds} = workload;
    const x = onTheGpu(tf.mul(tf.randomNormal(shape, 0, 3, 'float32', 1), 1), packed);
    const dy = onTheGpu(tf.randomNormal(shape, 0, 1, 'float32', 2), packed);
    const [ours, stock] = [OURS, STOCK].map((ops): Op => {
      if (!gradient) return ops[op]!;
      const derivative = tf.grad(ops[op]!);
      return (t) => derivative(t, dy);
    });
    const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(ours!(x), stock!(x)))).dataSync()[0]!);
    const repeat = repetitions(stock!, x);
    const timing: Timing = {difference, ours: [], stock: []};
    for (let round = 0; round < rounds; round++) {
      const both: [number[], Op][] = [
        [timing.ours, ours!],
        [timing.stock, stock!],
      ];
      for (const [times, f] of round % 2 ? both : both.reverse()) times.push(timed(f, x, repeat));
      await new Promise((resolve) => setTimeout(resolve));
    }
    tf.dispose([x, dy]);
    return timing;
  },
};
export interface Workload {
  op: string;
  gradient: boolean;
  shape: number[];
  packed: boolean;
  rounds: number;
}
expose(functions);
export type Functions = typeof functions;

/** Several ops, then one element read back, so that nothing is left pending. */
function timed(f: Op, x: tf.Tensor, repeat: number): number {
  const start = performance.now();
  for (let i = 1; i < repeat; i++) f(x).dispose();
  tf.tidy(() => tf.slice(tf.reshape(f(x), [-1]), 0, 1).dataSync());
  return (performance.now() - start) / repeat;
}

/** So many that a round takes some 20 ms, well above the timer's grain. */
function repetitions(f: Op, x: tf.Tensor): number {
  let repeat = 1;
  timed(f, x, repeat);
  while (timed(f, x, repeat) * repeat < 20) repeat *= 2;
  return repeat;
}

/** The tensor in a texture of that layout, and nowhere else. */
function onTheGpu(x: tf.Tensor, packed: boolean): tf.Tensor {
  const fresh = tf.tensor(x.dataSync(), x.shape, 'float32');
  x.dispose();
  const backend = tf.backend() as MathBackendWebGL;
  Object.assign(backend.texData.get(fresh.dataId), {isPacked: packed, shape: fresh.shape});
  backend.uploadToGPU(fresh.dataId);
  return fresh;
}
