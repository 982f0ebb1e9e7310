/**
 * tfjs's ops on large tensors by TensorFlow's own: each is one operation on the tape, whose first derivative is TensorFlow's too.
 * Those of higher order are of this package.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import * as ops from '../backends/tensorflow/native_ops';
import type {NodeBackend} from '../backends/tensorflow/node_backend';
import {lossesAlong} from '../kernels/attributes';
import {logSoftmax} from '../kernels/log_softmax';
import {CROSS_ENTROPY_GRADIENT} from '../kernels/names';
import {broadcastTo, multiply, scaled, scaleRows} from '../kernels/primitives';
import {logSoftmaxVjp, softmaxVjp} from '../kernels/products';
import {runKernel} from '../kernels/run_op';
import {softmax} from '../kernels/softmax';
import {ENGINE} from '../tfjs/engine';
import {asOneOperation} from '../tfjs/saved_tensors';
import {gradientDepth, withOwnTape} from '../tfjs/tape';
import type {NativeOps} from './native_ops';

export const leftToTensorflow: NativeOps = {
  /**
   * On two cores TensorFlow takes longer at so many elements: softmax 1.4 to 1.7 times as long, its gradient 1.1 times. At 300,000
   * to a million it takes 0.6 to 0.97 of the time. More cores help TensorFlow, and not the copies here.
   */
  above: 1 << 18,

  reason:
    "tensors of more than 262,144 elements are computed by TensorFlow's ops, which are faster there, forward and for the " +
    'gradient. Second derivatives run in this package, and so do its ops called by name',

  softmax: (logits) =>
    onTape(
      {logits},
      (backend) => alone(ops.softmax(logits, backend)),
      (_, y, dy, backend) => ops.softmaxVjp(y, dy, backend),
      (given, dy) => softmaxVjp(given.logits, dy),
    ),

  logSoftmax: (logits) =>
    onTape(
      {logits},
      (backend) => alone(ops.logSoftmax(logits, backend)),
      (_, log, dy, backend) => ops.logSoftmaxVjp(log, dy, backend),
      (given, dy) => logSoftmaxVjp(given.logits, dy),
    ),

  logSumExp: (logits, axes) =>
    onTape(
      {logits},
      (backend) => alone(ops.logSumExp(logits, axes, backend)),
      (given, value, dy, backend) => ops.logSumExpGradient(given.logits, value, dy, backend),
      (given, dy) => multiply(softmax(given.logits, axes), broadcastTo(dy, given.logits.shape)),
    ),

  crossEntropy: (logits, labels) =>
    onTape(
      {logits, labels},
      (backend) => {
        const log = ops.logSoftmax(logits, backend);
        return [ops.crossEntropy(log, labels, backend), log];
      },
      (given, log, dy, backend) => ops.crossEntropyGradient(log, given.labels, dy, backend),
      (given, dy, input) => {
        const axis = logits.rank - 1;
        if (input === 'labels') return scaled(scaleRows(logSoftmax(given.logits), dy, axis), -1);
        return runKernel(CROSS_ENTROPY_GRADIENT, {...given, cotangent: dy}, lossesAlong(axis));
      },
    ),
};

/**
 * @param value the value, and what TensorFlow's derivative needs, which may be the same tensor
 * @param derivative in the logits, by TensorFlow, @param ours in any input, of any order
 */
function onTape<Inputs extends {logits: Tensor}>(
  inputs: Inputs,
  value: (backend: NodeBackend) => [value: Tensor, kept: Tensor],
  derivative: (inputs: Inputs, kept: Tensor, dy: Tensor, backend: NodeBackend) => Tensor,
  ours: (inputs: Inputs, dy: Tensor, input: string) => Tensor,
): Tensor {
  const backend = ENGINE.backend as NodeBackend;
  const [result, kept] = withOwnTape(() => value(backend));
  if (gradientDepth() === 0) {
    if (kept !== result) kept.dispose();
    return result;
  }
  return asOneOperation(inputs, result, [kept], (input, dy, saved) => {
    const given = saved.inputs as Inputs;
    // By then another backend may be active.
    const isFirst = gradientDepth() === 0 && input === 'logits' && ENGINE.backend === backend;
    return isFirst ? derivative(given, saved.results[0]!, dy, backend) : ours(given, dy, input);
  });
}

function alone(value: Tensor): [Tensor, Tensor] {
  return [value, value];
}
