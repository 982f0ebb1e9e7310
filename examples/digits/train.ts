import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {CLASSES, type Digits, PIXELS} from './data';

export interface TrainingOptions {
  epochs: number;
  batchSize: number;
  /** Called after each batch with the number of batches done, and the loss of that one. */
  onBatch: (done: number, loss: number) => void;
}

export interface Score {
  /** Cross-entropy on the test set, in nats. */
  loss: number;
  /** Share of the test set whose most probable class is right. */
  accuracy: number;
  /** Predicted probabilities of the test set, [count, 10]. */
  probabilities: Float32Array;
}

/**
 * Trains a softmax classifier, 784 pixels to 10 classes, by minibatches on the cross-entropy. The initial weights and the
 * order of the batches are always the same, so that two runs differ by their kernels only.
 */
export async function train(digits: Digits, options: TrainingOptions): Promise<layers.LayersModel> {
  const model = layers.sequential();
  const kernelInitializer = layers.initializers.glorotUniform({seed: 1});
  model.add(layers.layers.dense({units: CLASSES, inputShape: [PIXELS], activation: 'softmax', kernelInitializer}));
  const optimizer = tf.train.adam(0.003);
  model.compile({optimizer, loss: 'categoricalCrossentropy'});

  let done = 0;
  await model.fit(digits.images, digits.labels, {
    epochs: options.epochs,
    batchSize: options.batchSize,
    shuffle: false,
    verbose: 0,
    callbacks: {onBatchEnd: async (_, logs) => options.onBatch(++done, logs!.loss!)},
  });
  optimizer.dispose();
  return model;
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
