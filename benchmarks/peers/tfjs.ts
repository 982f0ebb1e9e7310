import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {OP_NAMES, type OpName} from '../suite/ops';
import type {Peer, Runner} from '../suite/peer';
import type {Input, Origin, Which, Workload} from '../suite/workload';
import {countDispatches, countDraws} from './launches';

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
  const backend = tf.getBackend();
  const isGpu = backend === 'webgl' || backend === 'webgpu';
  const run = (which: Which) => {
    const {x, v} = tensors[which];
    return tf.tidy(() => op(x, v));
  };
  return {
    queued: isGpu,
    run,
    peek: (out, index) => peek(out, index, backend),
    read: (out) => out.data() as Promise<Float32Array>,
    storage: (out) => out.dataId,
    release: (out) => out.dispose(),
    dispose: () => tf.dispose(tensors),
    ...(isGpu && {launches: backend === 'webgl' ? countDraws(tf.backend() as MathBackendWebGL) : countDispatches()}),
    ...(isGpu && hasClock() && {gpuMs: () => busyTime(() => run(0).dispose())}),
  };
}

/** webgpu cannot be read at once in Node. */
function peek(out: tf.Tensor, index: number, backend: string): number | Promise<number> {
  const one = tf.tidy(() => tf.slice(tf.reshape(out, [-1]), [index], [1]));
  if (backend !== 'webgpu') {
    const [number] = one.dataSync();
    one.dispose();
    return number!;
  }
  return one.data().then(([number]) => {
    one.dispose();
    return number!;
  });
}

/** Whether the active backend's GPU tells how long it is busy: a device or context may be without. */
function hasClock(): boolean {
  if (tf.getBackend() === 'webgl') return tf.env().getBool('WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_RELIABLE');
  return (tf.backend() as WebGPUBackend).device.features.has('timestamp-query');
}

async function busyTime(call: () => void): Promise<number> {
  const {kernelMs} = await tf.time(call);
  return typeof kernelMs === 'number' ? kernelMs : 0;
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
