import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {launch, type Program} from '../../tfjs/webgpu_launch';
import {tfjsPeer} from './tfjs';

/** tfjs's `clone` shares the values, except on wasm. */
const COPIES: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  cpu: (x) => tf.tensor((x.dataSync() as Float32Array).slice(), x.shape),
  wasm: (x) => tf.clone(x),
  webgpu: copyOnWebGPU,
};

/**
 * One pass that reads the logits and writes as many numbers: the measure of what the memory gives. Where tfjs has no copy
 * it is the cheapest op that it has, the negation; on webgpu it is a kernel that copies four numbers a thread.
 */
export function copy() {
  const op = COPIES[tf.getBackend()] ?? ((x) => tf.neg(x));
  return tfjsPeer('copy', {softmax: op, logSoftmax: op, logSumExp: op, gradSoftmax: op, gradLogSoftmax: op});
}

const THREADS = 256;

/** By the number of elements. */
const programs = new Map<number, Program>();

function copyOnWebGPU(x: tf.Tensor): tf.Tensor {
  const backend = tf.backend() as WebGPUBackend;
  const output = backend.makeTensorInfo(x.shape, 'float32');
  const program = programs.get(x.size) ?? copyProgram(x.size);
  programs.set(x.size, program);
  launch(backend, program, [x], output);
  return tf.engine().makeTensorFromTensorInfo(output);
}

function copyProgram(size: number): Program {
  const vectors = size % 4 === 0;
  const count = size / (vectors ? 4 : 1);
  const groups = Math.ceil(count / THREADS);
  const across = Math.min(groups, 65_535);
  const integers = vectors ? 'vec4<i32>' : 'i32';
  const source = () => `
    fn main(index: i32) {
      let i = (workgroupId.y * numWorkgroups.x + workgroupId.x) * ${THREADS}u + localIndex;
      if (i < uniforms.count) { result[i] = bitcast<${integers}>(x[i]); }
    }`;
  return {
    ...{key: vectors ? 'copyVectors' : 'copyNumbers', source, threads: THREADS},
    grid: [across, Math.ceil(groups / across)],
    inputs: [{name: 'x', vectors}],
    uniforms: [['count', 'u32', count]],
    vectors,
  };
}
