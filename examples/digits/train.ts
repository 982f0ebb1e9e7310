import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {CLASSES, type Digits, PIXELS} from './data';

export interface Score {
  /** Cross-entropy on the test set, in nats. */
  loss: number;
  /** Share of the test set whose most probable class is right. */
  accuracy: number;
  /** Predicted probabilities of the test set, [count, 10]. */
  probabilities: Float32Array;
}

/** A softmax classifier, 784 pixels to 10 classes. Its initial weights are always the same, so that two differ by their kernels only. */
export function classifier(): layers.LayersModel {
  const kernelInitializer = layers.initializers.glorotUniform({seed: 1});
  const units = {units: CLASSES, inputShape: [PIXELS], activation: 'softmax' as const, kernelInitializer};
  const model = layers.sequential({layers: [layers.layers.dense(units)]});
  model.compile({optimizer: tf.train.adam(0.003), loss: 'categoricalCrossentropy'});
  return model;
}

/** One step of training, on a batch of the digits. @returns its cross-entropy, in nats */
export async function trainOnBatch(
  model: layers.LayersModel,
  {count, images, labels}: Digits,
  first: number,
  batchSize: number,
): Promise<number> {
  const size = Math.min(batchSize, count - first);
  const batch = [images, labels].map((all) => tf.slice(all, [first, 0], [size, -1]));
  try {
    return (await model.trainOnBatch(batch[0]!, batch[1]!)) as number;
  } finally {
    tf.dispose(batch);
  }
}

/** Tests a classifier. */
export async function evaluate(model: layers.LayersModel, digits: Digits): Promise<Score> {
  const predicted = model.predict(digits.images) as tf.Tensor2D;
  const probabilities = (await predicted.data()) as Float32Array;
  predicted.dispose();
  return {probabilities, ...score(probabilities, (await digits.labels.data()) as Float32Array)};
}

function score(probabilities: Float32Array, labels: Float32Array): {loss: number; accuracy: number} {
  const count = labels.length / CLASSES;
  let loss = 0;
  let right = 0;
  for (let row = 0; row < count; row++) {
    const predicted = mostProbable(probabilities, row);
    const label = mostProbable(labels, row);
    loss -= Math.log(Math.max(probabilities[row * CLASSES + label]!, 1e-30));
    if (predicted === label) right++;
  }
  return {loss: loss / count, accuracy: right / count};
}

/** The class with the largest number in that row of [count, 10]. */
export function mostProbable(rows: Float32Array, row: number): number {
  const numbers = rows.subarray(row * CLASSES, (row + 1) * CLASSES);
  return numbers.indexOf(Math.max(...numbers));
}
