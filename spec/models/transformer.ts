/**
 * A transformer block of tfjs ops around this package's attention and loss: each token is to be told from the one before
 * it, which takes attention to see.
 */
import * as tf from '@tensorflow/tfjs-core';
import {softmax, softmaxCrossEntropy} from '../../index';
import {Random} from '../cases/random';

export const SIZES = {batch: 4, length: 6, width: 8, heads: 2, hidden: 16, tokens: 5};
const {batch, length, width, heads, hidden, tokens} = SIZES;
const PER_HEAD = width / heads;
export const SCALE = 1 / Math.sqrt(PER_HEAD);
export const EPSILON = 1e-3;

const SHAPES = {
  embedding: [tokens, width],
  positions: [length, width],
  query: [width, width],
  key: [width, width],
  value: [width, width],
  out: [width, width],
  up: [width, hidden],
  down: [hidden, width],
  classes: [width, tokens],
} as const;
export type Name = keyof typeof SHAPES;
export const NAMES = Object.keys(SHAPES) as Name[];

/** The parameters at the start, and the texts: class indices, [batch, length] both. */
export interface Task {
  parameters: Record<Name, Float32Array>;
  inputs: Int32Array;
  targets: Int32Array;
}

export function task(): Task {
  const random = new Random(11);
  const parameters = Object.fromEntries(
    NAMES.map((name) => {
      const [rows, columns] = SHAPES[name];
      return [name, Float32Array.from({length: rows * columns}, () => random.normal(0.5))];
    }),
  ) as Task['parameters'];
  const inputs = Int32Array.from({length: batch * length}, () => random.integer(0, tokens - 1));
  const targets = inputs.map((_, i) => (i % length === 0 ? 0 : inputs[i - 1]!));
  return {parameters, inputs, targets};
}

/** The logits of each token, [batch, length, tokens], and the weights of attention, [batch, heads, length, length]. */
function block(p: Record<Name, tf.Tensor>, inputs: Int32Array): {logits: tf.Tensor; attention: tf.Tensor} {
  const oneHot = tf.oneHot(tf.tensor1d(inputs, 'int32'), tokens);
  const embedded = tf.reshape(tf.matMul(tf.cast(oneHot, 'float32'), p.embedding), [batch, length, width]);
  let x: tf.Tensor = tf.add(embedded, p.positions);

  const normed = normalised(x);
  const ofHeads = (weights: tf.Tensor) =>
    tf.transpose(tf.reshape(times(normed, weights), [batch, length, heads, PER_HEAD]), [0, 2, 1, 3]);
  const scores = tf.matMul(ofHeads(p.query), ofHeads(p.key), false, true);
  const causal = tf.linalg.bandPart(tf.ones([length, length]), -1, 0);
  const attention = softmax(scores, -1, {scale: SCALE, mask: tf.cast(causal, 'bool')});
  const seen = tf.transpose(tf.matMul(attention, ofHeads(p.value)), [0, 2, 1, 3]);
  x = tf.add(x, times(tf.reshape(seen, [batch, length, width]), p.out));

  const wide = times(normalised(x), p.up);
  x = tf.add(x, times(tf.mul(wide, tf.sigmoid(wide)), p.down));
  return {logits: times(x, p.classes), attention};
}

function times(x: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const [inner, outer] = weights.shape as [number, number];
  return tf.reshape(tf.matMul(tf.reshape(x, [batch * length, inner]), weights as tf.Tensor2D), [batch, length, outer]);
}

function normalised(x: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  return tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), -1, true), EPSILON)));
}

export interface Training {
  /** At the start. */
  gradients: Record<Name, Float32Array>;
  attention: Float32Array;
  /** The logits at the start, and those after the last token of each text was changed. */
  logits: Float32Array;
  logitsOfOtherEnd: Float32Array;
  losses: number[];
  leakedTensors: number;
}

/** Takes that many steps with Adam on the active backend. */
export async function train({parameters, inputs, targets}: Task, steps: number): Promise<Training> {
  const before = tf.memory().numTensors;
  const variables = Object.fromEntries(
    NAMES.map((name) => [name, tf.tidy(() => tf.variable(tf.tensor(parameters[name], [...SHAPES[name]])))]),
  ) as Record<Name, tf.Variable>;
  const list = NAMES.map((name) => variables[name]);
  const labels = tf.tensor2d(targets, [batch, length], 'int32');
  const loss = () => softmaxCrossEntropy(labels, block(variables, inputs).logits) as tf.Scalar;

  const first = tf.variableGrads(loss, list);
  const gradients = Object.fromEntries(
    NAMES.map((name) => [name, first.grads[variables[name].name]!.dataSync<'float32'>()]),
  ) as Training['gradients'];
  const values = (of: Int32Array, part: 'logits' | 'attention') =>
    tf.tidy(() => block(variables, of)[part].dataSync<'float32'>());
  const otherEnd = inputs.map((token, i) => (i % length === length - 1 ? (token + 1) % tokens : token));
  const atStart = {
    attention: values(inputs, 'attention'),
    logits: values(inputs, 'logits'),
    logitsOfOtherEnd: values(otherEnd, 'logits'),
  };

  const optimizer = tf.train.adam(0.03);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const value = optimizer.minimize(loss, true, list)!;
    losses.push((await value.data())[0]!);
    value.dispose();
  }
  tf.dispose([first.value, first.grads, labels, list]);
  optimizer.dispose();
  return {gradients, ...atStart, losses, leakedTensors: tf.memory().numTensors - before};
}
