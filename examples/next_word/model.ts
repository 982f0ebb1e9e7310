import * as tf from '@tensorflow/tfjs';
import type {Text} from './text';

/** How many words the next one is guessed from. */
export const CONTEXT = 2;
const WIDTH = 16;
const LEARNING_RATE = 0.7;

/** Words, each with the ones before it. */
export interface Batch {
  /** [count * CONTEXT], the context of the first word first. */
  contexts: Int32Array;
  /** [count] */
  next: Int32Array;
}

/** What a step of training took, in milliseconds. */
export interface Step {
  loss: number;
  total: number;
  /** Of that, softmax and loss: the value, and its gradient in the logits. */
  ofLoss: number;
}

/**
 * A next-word model: each word of the context has a vector, a hidden layer mixes them, and the last layer has a logit for each
 * word of the vocabulary. All random numbers are the same in every model, so that two models differ by their kernels only.
 */
export class NextWordModel {
  private readonly size: number;
  private readonly weights: Record<'embedding' | 'hidden' | 'hiddenBias' | 'last' | 'lastBias', tf.Variable>;
  private readonly optimizer = tf.train.adagrad(LEARNING_RATE);

  constructor({counts, tokens}: Text) {
    this.size = counts.length;
    const normal = (shape: number[], deviation: number, seed: number) =>
      tf.variable(tf.randomNormal(shape, 0, deviation, 'float32', seed));
    this.weights = tf.tidy(() => ({
      embedding: normal([this.size, WIDTH], 0.3, 1),
      hidden: normal([CONTEXT * WIDTH, WIDTH], 1 / Math.sqrt(CONTEXT * WIDTH), 2),
      hiddenBias: tf.variable(tf.zeros([WIDTH])),
      last: tf.variable(tf.zeros([WIDTH, this.size])),
      // At first the model knows how frequent each word is, and nothing of what is before it.
      lastBias: tf.variable(tf.tensor1d(counts.map((count) => Math.log((count + 1) / tokens.length)))),
    }));
  }

  /** Logits of the next word, [count, vocabulary]. */
  logits(contexts: Int32Array): tf.Tensor2D {
    return tf.tidy(() => this.forward(tf.tensor1d(contexts, 'int32')).logits);
  }

  /** Mean cross-entropy, in nats. */
  loss({contexts, next}: Batch): number {
    return tf.tidy(() => this.crossEntropy(next, this.logits(contexts)).dataSync()[0]!);
  }

  /**
   * One step of training. The chain rule is written out, so that softmax and loss can be timed apart from the rest; and so that
   * no product has a transposed operand, which tfjs's wasm backend computes ten times slower than transposing it first.
   */
  train({contexts, next}: Batch): Step {
    const start = performance.now();
    let ofLoss = 0;
    const loss = tf.tidy(() => {
      const {embedding, hidden, last} = this.weights;
      const words = tf.tensor1d(contexts, 'int32');
      const {inputs, activations, logits} = this.forward(words);

      const before = performance.now();
      const {value, grad} = tf.valueAndGrad((x: tf.Tensor2D) => this.crossEntropy(next, x))(logits);
      ofLoss = performance.now() - before;

      const ofLogits = grad as tf.Tensor2D;
      const ofHidden = tf.mul(product(ofLogits, tf.transpose(last)), tf.sub(1, tf.square(activations)));
      const ofInputs = product(ofHidden, tf.transpose(hidden));
      this.update({
        embedding: tf.scatterND(words.reshape([-1, 1]), ofInputs.reshape([-1, WIDTH]), embedding.shape),
        hidden: product(tf.transpose(inputs), ofHidden),
        hiddenBias: tf.sum(ofHidden, 0),
        last: product(tf.transpose(activations), ofLogits),
        lastBias: tf.sum(ofLogits, 0),
      });
      return value.dataSync()[0]!;
    });
    return {loss, total: performance.now() - start, ofLoss};
  }

  dispose(): void {
    tf.dispose(this.weights);
    this.optimizer.dispose();
  }

  private forward(words: tf.Tensor1D) {
    const {embedding, hidden, hiddenBias, last, lastBias} = this.weights;
    const inputs = tf.gather(embedding, words).reshape([-1, CONTEXT * WIDTH]);
    const activations = tf.tanh(tf.add(product(inputs, hidden), hiddenBias));
    const logits: tf.Tensor2D = tf.add(product(activations, last), lastBias);
    return {inputs, activations, logits};
  }

  /** What `install()` is for: this line is the same in both runs. */
  private crossEntropy(next: Int32Array, logits: tf.Tensor2D): tf.Scalar {
    return tf.losses.softmaxCrossEntropy(tf.oneHot(next, this.size), logits);
  }

  private update(gradients: Record<keyof NextWordModel['weights'], tf.Tensor>): void {
    const ofWeights = Object.entries(this.weights) as [keyof typeof gradients, tf.Variable][];
    this.optimizer.applyGradients(ofWeights.map(([key, {name}]) => ({name, tensor: gradients[key]})));
  }
}

function product(a: tf.Tensor, b: tf.Tensor): tf.Tensor2D {
  return tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);
}
