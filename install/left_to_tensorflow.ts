/**
 * tfjs's ops on large tensors by TensorFlow's own: each is one operation on the tape, whose first derivative is TensorFlow's too.
 * Those of higher order are of this package.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import * as ops from '../backends/tensorflow/native_ops';
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
      () => ops.softmax(logits),
      (_, y, dy) => ops.softmaxVjp(y, dy),
      (given, dy) => softmaxVjp(given.logits, dy),
    ),

  logSoftmax: (logits) =>
    onTape(
      {logits},
      () => ops.logSoftmax(logits),
      (_, log, dy) => ops.logSoftmaxVjp(log, dy),
      (given, dy) => logSoftmaxVjp(given.logits, dy),
    ),

  logSumExp: (logits, axes) =>
    onTape(
      {logits},
      () => ops.logSumExp(logits, axes),
      (given, value, dy) => ops.logSumExpGradient(given.logits, value, dy),
      (given, dy) => multiply(softmax(given.logits, axes), broadcastTo(dy, given.logits.shape)),
    ),

  crossEntropy: (logits, labels) =>
    onTape(
      {logits, labels},
      () => {
        const log = ops.logSoftmax(logits);
        return [ops.crossEntropy(log, labels), log];
      },
      (given, log, dy) => ops.crossEntropyGradient(log, given.labels, dy),
      (given, dy, input) => {
        const axis = logits.rank - 1;
        if (input === 'labels') return scaled(scaleRows(logSoftmax(given.logits), dy, axis), -1);
        return runKernel(CROSS_ENTROPY_GRADIENT, {...given, cotangent: dy}, lossesAlong(axis));
      },
    ),
};

/**
 * @param value the value, and with it what TensorFlow's derivative needs where that is another tensor
 * @param derivative in the logits, by TensorFlow, @param ours in any input, of any order
 */
function onTape<Inputs extends {logits: Tensor}>(
  inputs: Inputs,
  value: () => Tensor | [value: Tensor, kept: Tensor],
  derivative: (inputs: Inputs, kept: Tensor, dy: Tensor) => Tensor,
  ours: (inputs: Inputs, dy: Tensor, input: string) => Tensor,
): Tensor {
  const {backend} = ENGINE;
  const made = withOwnTape(value);
  const [result, kept] = Array.isArray(made) ? made : [made, made];
  if (gradientDepth() === 0) {
    if (kept !== result) kept.dispose();
    return result;
  }
  return asOneOperation(inputs, result, [kept], (input, dy, saved) => {
    const given = saved.inputs as Inputs;
    // By then another backend may be active.
    const isFirst = gradientDepth() === 0 && input === 'logits' && ENGINE.backend === backend;
    return isFirst ? derivative(given, saved.results[0]!, dy) : ours(given, dy, input);
  });
}
