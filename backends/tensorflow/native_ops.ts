/**
 * The family by TensorFlow's own ops, along the last axis unless axes are given, with first derivatives for a cotangent dy: no copies
 * between TensorFlow and JavaScript, and all cores. Its backend has to be the active one.
 */
import {max, reshape, sum, type Tensor, type TensorInfo, tidy} from '@tensorflow/tfjs-core';
import {ENGINE} from '../../tfjs/engine';
import {makeTensor, type NodeBackend} from './node_backend';

export function softmax(x: Tensor): Tensor {
  return run('Softmax', x);
}

/** @param y the probabilities */
export function softmaxVjp(y: Tensor, dy: Tensor): Tensor {
  return tidy(() => {
    const total = sum(run('Mul', y, dy), -1, true);
    return run('Mul', y, run('Sub', dy, total));
  });
}

export function logSoftmax(x: Tensor): Tensor {
  return run('LogSoftmax', x);
}

/** @param log the log-probabilities */
export function logSoftmaxVjp(log: Tensor, dy: Tensor): Tensor {
  return tidy(() => run('Sub', dy, run('Mul', run('Exp', log), sum(dy, -1, true))));
}

/** The axes stay with length 1. */
export function logSumExp(x: Tensor, axes: number[]): Tensor {
  return tidy(() => {
    // A maximum that is infinite, less itself, would be NaN.
    const largest = run('ClipByValue', max(x, axes, true), ...limits());
    const exponentials = run('Exp', run('Sub', x, largest));
    return run('AddV2', largest, run('Log', sum(exponentials, axes, true)));
  });
}

/** @param value what `logSumExp` gave for x */
export function logSumExpGradient(x: Tensor, value: Tensor, dy: Tensor): Tensor {
  return tidy(() => run('Mul', run('Exp', run('Sub', x, value)), dy));
}

/** -Σ q log of each row. @param log the log-probabilities, @param q labels, of their shape */
export function crossEntropy(log: Tensor, q: Tensor): Tensor {
  return tidy(() => run('Neg', sum(run('MulNoNan', log, q), -1)));
}

/** dy (y Σq - q), for the logits. @param dy one number a row */
export function crossEntropyGradient(log: Tensor, q: Tensor, dy: Tensor): Tensor {
  return tidy(() => {
    const y = run('Mul', run('Exp', log), sum(q, -1, true));
    return run('MulNoNan', run('Sub', y, q), reshape(dy, [...dy.shape, 1]));
  });
}

const LARGEST = 3.4028234663852886e38;
const limitsOn = new WeakMap<NodeBackend, TensorInfo[]>();

/** The lowest and the largest float as tensors, kept for each backend: to make them takes longer than an op on rows. */
function limits(): TensorInfo[] {
  const backend = ENGINE.backend as NodeBackend;
  let known = limitsOn.get(backend);
  if (!known) {
    known = [-LARGEST, LARGEST].map((limit) => makeTensor(Float32Array.of(limit), [], backend));
    limitsOn.set(backend, known);
  }
  return known;
}

/** MulNoNan(a, b) is 0 where b is, whatever a is. */
type Elementwise = 'Mul' | 'MulNoNan' | 'Sub' | 'AddV2' | 'Neg' | 'Exp' | 'Log' | 'ClipByValue';

/** An op of TensorFlow on float32 tensors, without the steps that tfjs's own ops take before it. */
function run(name: Elementwise | 'Softmax' | 'LogSoftmax', ...inputs: TensorInfo[]): Tensor {
  const backend = ENGINE.backend as NodeBackend;
  const {TF_ATTR_TYPE, TF_FLOAT} = backend.binding;
  return backend.executeSingleOutput(name, [{name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT}], inputs);
}
