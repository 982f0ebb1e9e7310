import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {OP_NAMES, type OpName} from '../suite/ops';
import type {Peer, Runner} from '../suite/peer';
import type {Input, Origin, Workload} from '../suite/workload';
import {countDraws} from './draws';

/** An op of tensors: logits and, for gradients, a cotangent. */
export type TensorOp = (x: tf.Tensor, v: tf.Tensor) => tf.Tensor;

/** A peer that runs on tfjs's active backend. */
export function tfjsPeer(name: string, ops: Record<OpName, TensorOp>): Peer {
  return {
    name,
    ops: OP_NAMES,
    tolerance: hasHalfFloats() ? 5e-3 : undefined,
    prepare: async (workload) => runner(ops[workload.op], workload),
  };
}

function runner(op: TensorOp, {shape, inputs, madeBy}: Workload): Runner<tf.Tensor> {
  const tensors = inputs.map((input) => onTheDevice(input, shape, madeBy)) as [Tensors, Tensors];
  const isGpu = tf.getBackend() === 'webgl';
  return {
    queued: isGpu,
    run: (which) => {
      const {x, v} = tensors[which];
      return tf.tidy(() => op(x, v));
    },
    peek: (out, index) => tf.tidy(() => tf.slice(tf.reshape(out, [-1]), [index], [1]).dataSync()[0]!),
    read: (out) => out.data() as Promise<Float32Array>,
    storage: (out) => out.dataId,
    release: (out) => out.dispose(),
    dispose: () => tf.dispose(tensors),
    ...(isGpu && {draws: countDraws(tf.backend() as MathBackendWebGL)}),
  };
}

type Tensors = {
  x: tf.Tensor;
  v: tf.Tensor;
};

/** Made by an op they are where and how the backend leaves its own results; else as they come from JavaScript. */
function onTheDevice({x, v}: Input, shape: number[], madeBy: Origin): Tensors {
  const tensor = (values: Float32Array) => tf.tensor(values, shape);
  const made = madeBy === 'op' ? (values: Float32Array) => tf.tidy(() => tf.add(tensor(values), 0)) : tensor;
  return {x: made(x), v: made(v)};
}

function hasHalfFloats(): boolean {
  return tf.getBackend() === 'webgl' && !tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED');
}
