/** Every op that people call, as specs call it by name and with whatever arguments: all but linearCrossEntropy, which takes no logits. */
import type {Tensor} from '@tensorflow/tfjs-core';
import * as family from '../../index';

export interface Op {
  run: (...args: never[]) => Tensor;
  /** Its arguments, by name and in order. */
  parameters: readonly Parameter[];
  /** What its argument `options` may hold. */
  options?: readonly Option[];
  /** The names of the kernels that tfjs runs for it, the one without a mask first; none if the op is made of other ops. */
  kernels?: readonly string[];
}

export type Parameter =
  | ('logits' | 'probabilities' | 'labels' | 'axis' | 'keepDims' | 'options')
  /** Vectors of the shape of the logits. */
  | ('tangent' | 'cotangent');

export type Option =
  | ('scale' | 'mask' | 'offset')
  | ('samples' | 'temperature' | 'topK' | 'topP' | 'hard' | 'seed')
  | ('axis' | 'labelSmoothing' | 'classWeights' | 'weights' | 'ignoreIndex' | 'reduction');

function forward(run: Op['run'], kernels: string[]): Op {
  return {run, parameters: ['logits', 'axis', 'options'], options: ['scale', 'mask'], kernels};
}

function product(run: Op['run'], vector: Parameter, kernel: string): Op {
  return {run, parameters: ['logits', vector, 'axis', 'options'], options: ['scale'], kernels: [kernel]};
}

type Name =
  | ('softmax' | 'softmin' | 'logSoftmax' | 'logSumExp')
  | ('softmaxJvp' | 'softmaxVjp' | 'logSoftmaxJvp' | 'logSoftmaxVjp')
  | ('softmaxCrossEntropy' | 'softmaxJacobian' | 'logSoftmaxJacobian' | 'softmaxInverse')
  | ('entropy' | 'categorical' | 'gumbelSoftmax');

export const OPS: Record<Name, Op> = {
  softmax: forward(family.softmax, ['softmax', 'maskedSoftmax']),
  softmin: {run: family.softmin, parameters: ['logits', 'axis'], kernels: ['softmax', 'maskedSoftmax']},
  logSoftmax: forward(family.logSoftmax, ['logSoftmax', 'maskedLogSoftmax']),
  logSumExp: {
    run: family.logSumExp,
    parameters: ['logits', 'axis', 'keepDims', 'options'],
    options: ['mask'],
    kernels: ['logSumExp', 'maskedLogSumExp'],
  },
  softmaxJvp: product(family.softmaxJvp, 'tangent', 'softmaxProduct'),
  softmaxVjp: product(family.softmaxVjp, 'cotangent', 'softmaxProduct'),
  logSoftmaxJvp: product(family.logSoftmaxJvp, 'tangent', 'logSoftmaxJvp'),
  logSoftmaxVjp: product(family.logSoftmaxVjp, 'cotangent', 'logSoftmaxVjp'),
  softmaxCrossEntropy: {
    run: family.softmaxCrossEntropy,
    parameters: ['labels', 'logits', 'options'],
    options: ['axis', 'labelSmoothing', 'classWeights', 'weights', 'ignoreIndex', 'reduction'],
    kernels: ['crossEntropy', 'crossEntropyGradient', 'sparseCrossEntropy', 'sparseCrossEntropyGradient'],
  },
  softmaxJacobian: {run: family.softmaxJacobian, parameters: ['logits', 'axis']},
  logSoftmaxJacobian: {run: family.logSoftmaxJacobian, parameters: ['logits', 'axis']},
  softmaxInverse: {run: family.softmaxInverse, parameters: ['probabilities', 'axis', 'options'], options: ['offset']},
  entropy: forward(family.entropy, ['entropy', 'maskedEntropy']),
  categorical: {
    run: family.categorical,
    parameters: ['logits', 'axis', 'options'],
    options: ['samples', 'temperature', 'topK', 'topP', 'mask', 'seed'],
  },
  gumbelSoftmax: {
    run: family.gumbelSoftmax,
    parameters: ['logits', 'axis', 'options'],
    options: ['temperature', 'hard', 'mask', 'seed'],
  },
};
