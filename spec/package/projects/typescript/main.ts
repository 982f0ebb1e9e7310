import * as tf from '@tensorflow/tfjs-core';
import {
  type BackendReport,
  backendReport,
  type InstallReport,
  install,
  type Selection,
  selectBackend,
  setWasmModule,
  softmax,
  softmaxCrossEntropy,
} from 'tfjs-softmax';
import kernels from 'tfjs-softmax/kernels.wasm';

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
