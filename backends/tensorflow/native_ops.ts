/**
 * The family by TensorFlow's own ops, along the last axis unless axes are given, with first derivatives for a cotangent dy: no copies
 * between TensorFlow and JavaScript, and all cores.
 */
import {max, reshape, sum, type Tensor, type TensorInfo, tidy} from '@tensorflow/tfjs-core';
import {makeTensor, type NodeBackend} from './node_backend';

export function softmax(x: Tensor, backend: NodeBackend): Tensor {
  return run(backend, 'Softmax', x);
}

/** @param y the probabilities */
export function softmaxVjp(y: Tensor, dy: Tensor, backend: NodeBackend): Tensor {
  return tidy(() => {
    const total = sum(run(backend, 'Mul', y, dy), -1, true);
    return run(backend, 'Mul', y, run(backend, 'Sub', dy, total));
  });
}

export function logSoftmax(x: Tensor, backend: NodeBackend): Tensor {
  return run(backend, 'LogSoftmax', x);
}

/** @param log the log-probabilities */
export function logSoftmaxVjp(log: Tensor, dy: Tensor, backend: NodeBackend): Tensor {
  return tidy(() => run(backend, 'Sub', dy, run(backend, 'Mul', run(backend, 'Exp', log), sum(dy, -1, true))));
}

/** The axes stay with length 1. */
export function logSumExp(x: Tensor, axes: number[], backend: NodeBackend): Tensor {
  return tidy(() => {
    // A maximum that is infinite, less itself, would be NaN.
    const largest = run(backend, 'ClipByValue', max(x, axes, true), ...limitsOn(backend));
    const exponentials = run(backend, 'Exp', run(backend, 'Sub', x, largest));
    return run(backend, 'AddV2', largest, run(backend, 'Log', sum(exponentials, axes, true)));
  });
}

/** @param value what `logSumExp` gave for x */
export function logSumExpGradient(x: Tensor, value: Tensor, dy: Tensor, backend: NodeBackend): Tensor {
  return tidy(() => run(backend, 'Mul', run(backend, 'Exp', run(backend, 'Sub', x, value)), dy));
}

/** -Σ q log of each row. @param log the log-probabilities, @param q labels, of their shape */
export function crossEntropy(log: Tensor, q: Tensor, backend: NodeBackend): Tensor {
  return tidy(() => run(backend, 'Neg', sum(run(backend, 'MulNoNan', log, q), -1)));
}

/** dy (y Σq - q), for the logits. @param dy one number a row */
export function crossEntropyGradient(log: Tensor, q: Tensor, dy: Tensor, backend: NodeBackend): Tensor {
  return tidy(() => {
    const y = run(backend, 'Mul', run(backend, 'Exp', log), sum(q, -1, true));
    return run(backend, 'MulNoNan', run(backend, 'Sub', y, q), reshape(dy, [...dy.shape, 1]));
  });
}

const LARGEST = 3.4028234663852886e38;
const limits = new WeakMap<NodeBackend, TensorInfo[]>();

/** The lowest and the largest float as tensors, kept for each backend: to make them takes longer than an op on rows. */
function limitsOn(backend: NodeBackend): TensorInfo[] {
  let known = limits.get(backend);
  if (!known) {
    known = [-LARGEST, LARGEST].map((limit) => makeTensor(Float32Array.of(limit), [], backend));
    limits.set(backend, known);
  }
  return known;
}

/** MulNoNan(a, b) is 0 where b is, whatever a is. */
type Elementwise = 'Mul' | 'MulNoNan' | 'Sub' | 'AddV2' | 'Neg' | 'Exp' | 'Log' | 'ClipByValue';

/** An op of TensorFlow on float32 tensors, without the steps that tfjs's own ops take before it. */
function run(backend: NodeBackend, name: Elementwise | 'Softmax' | 'LogSoftmax', ...inputs: TensorInfo[]): Tensor {
  const {TF_ATTR_TYPE, TF_FLOAT} = backend.binding;
  return backend.executeSingleOutput(name, [{name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT}], inputs);
}
