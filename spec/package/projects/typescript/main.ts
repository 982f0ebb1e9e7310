import * as tf from '@tensorflow/tfjs-core';
import {
  type BackendReport,
  backendReport,
  categorical,
  entropy,
  gumbelSoftmax,
  type InstallReport,
  install,
  logSoftmax,
  logSumExp,
  type Selection,
  selectBackend,
  setWasmModule,
  softmax,
  softmaxCrossEntropy,
  softmaxInverse,
  softmin,
} from 'tfjs-softmax';
import kernels from 'tfjs-softmax/kernels.wasm';

/** What people write with tfjs's own ops has the right types with these. */
export function types(x: tf.Tensor2D, either: tf.Tensor | number[], given: tf.TensorLike): tf.Tensor[] {
  const vector: tf.Tensor1D = softmax([1, 2, 3]);
  const matrix: tf.Tensor2D = logSoftmax([
    [1, 2],
    [3, 4],
  ]);
  const doubles: tf.Tensor1D = softmin(new Float64Array(3));
  const sample: tf.Tensor1D = gumbelSoftmax([1, 2, 3], -1, {hard: true});
  const logits: tf.Tensor1D = softmaxInverse([0.5, 0.5]);
  const inferred = softmax(x, [0, 1]);
  const same: tf.Tensor2D = inferred;
  const ofLike: tf.Tensor3D = softmax(given);
  const scalar: tf.Scalar = logSumExp([1, 2, 3]);
  const bits: tf.Tensor1D = entropy(x, 1, {mask: tf.tensor1d([1, 0], 'int32')});
  const drawn: tf.Tensor1D = categorical(x, -1, {topK: 40});
  const generic = <T extends tf.Tensor>(t: T): T => softmax(t);
  const explicit = softmax<tf.Tensor1D>([1, 2]);
  // @ts-expect-error: an axis is a number, or several
  softmax(x, 'last');
  return [
    vector,
    matrix,
    doubles,
    sample,
    logits,
    same,
    ofLike,
    scalar,
    bits,
    drawn,
    generic(x),
    explicit,
    softmax(either),
  ];
}

export async function main(): Promise<tf.Tensor> {
  const report: InstallReport = install();
  const selection: Selection = await selectBackend({op: 'softmax', shape: [64, 1000]}, {mode: 'measure'});
  const {machine}: BackendReport = await backendReport();
  setWasmModule(kernels);
  // @ts-expect-error: options are checked
  softmax([1, 2], -1, {scales: 2});
  // @ts-expect-error: a workload names an op that there is
  await selectBackend({op: 'hardmax', shape: [1]});
  console.log(report.routed, selection.backend, machine.wasm?.simd);
  return tf.grad((x) => softmaxCrossEntropy([0], x))(softmax([[1, 2]], -1, {scale: 0.5}));
}
