import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {type CrossEntropyOptions, softmaxCrossEntropy} from '../../index';
import {logSoftmax, softmax} from '../../kernels/reference';
import {watchKernels} from '../hosts/kernels';

/**
 * The loss of this package in `model.compile`, and what `model.fit` of tfjs-layers makes of it: two epochs of gradient descent
 * on a dense layer, in batches of 4, 4 and 2 rows, beside the same in float64. docs/layers.md says so to people.
 */
const ROWS = 10;
const CLASSES = 3;
const RATE = 0.5;
const FEATURES = Array.from({length: ROWS}, (_, r) => [Math.sin(r * r), Math.cos(3 * r)]);
const LABELS = [0, 1, 2, 1, 1, 0, 2, 2, 0, 1];
const ONE_HOT = LABELS.map((label) => Array.from({length: CLASSES}, (_, c) => Number(c === label)));
const KERNEL = [
  [0.1, 0.2, 0.3],
  [-0.2, 0.1, 0.4],
];
const BIAS = [0.1, -0.1, 0];
/** Before any training. */
const LOGITS = FEATURES.map(([a, b]) => BIAS.map((c, i) => a! * KERNEL[0]![i]! + b! * KERNEL[1]![i]! + c));
const CLASS_WEIGHT = {0: 1, 1: 2, 2: 5};
const BY_CLASS = LABELS.map((label) => [1, 2, 5][label]!);

interface Trained {
  /** Of each epoch. */
  loss: number[];
  kernel: number[];
  bias: number[];
}

/** In float64: the mean over a batch's rows of w Σ q (-log softmax(x)), whose derivative in x is w (y Σq - q) / rows. */
function exact(weights: number[], targets = ONE_HOT): Trained {
  const kernel = KERNEL.map((row) => [...row]);
  const bias = [...BIAS];
  const loss = [0, 0].map(() => {
    let total = 0;
    for (let first = 0; first < ROWS; first += 4) {
      const batch = FEATURES.slice(first, first + 4).map((features, i) => {
        const logits = bias.map((b, c) => features.reduce((sum, x, f) => sum + x * kernel[f]![c]!, b));
        const q = targets[first + i]!;
        const w = weights[first + i]!;
        total += logSoftmax(logits).reduce((sum, log, c) => sum - w * q[c]! * log, 0);
        const mass = q.reduce((a, b) => a + b);
        return {features, slopes: Array.from(softmax(logits), (y, c) => w * (y * mass - q[c]!))};
      });
      for (const {features, slopes} of batch) {
        slopes.forEach((slope, c) => {
          bias[c]! -= (RATE * slope) / batch.length;
          features.forEach((x, f) => {
            kernel[f]![c]! -= (RATE * slope * x) / batch.length;
          });
        });
      }
    }
    return total / ROWS;
  });
  return {loss, kernel: kernel.flat(), bias};
}

type Loss = (labels: tf.Tensor, logits: tf.Tensor) => tf.Tensor;

const lossWith =
  (options: CrossEntropyOptions): Loss =>
  (labels, logits) =>
    softmaxCrossEntropy(labels, logits, options);
const PER_ROW = lossWith({reduction: 'none'});
const OF_INDICES: Loss = (labels, logits) => PER_ROW(tf.squeeze(labels, [-1]), logits);

function modelOf(loss: Loss, takesIndices = false, metrics?: (string | Loss)[]) {
  const dense = layers.layers.dense({units: CLASSES, inputShape: [2]});
  if (takesIndices) dense.computeOutputShape = () => [null, null];
  const model = layers.sequential({layers: [dense]});
  dense.setWeights([tf.tensor2d(KERNEL), tf.tensor1d(BIAS)]);
  model.compile({optimizer: tf.train.sgd(RATE), loss, metrics: metrics as string[]});
  return model;
}

async function fitted(
  model: layers.Sequential,
  labels: tf.Tensor,
  classWeight?: Record<string, number>,
): Promise<Trained> {
  const x = tf.tensor2d(FEATURES);
  const {history} = await model.fit(x, labels, {epochs: 2, batchSize: 4, shuffle: false, classWeight, verbose: 0});
  const [kernel, bias] = model.getWeights().map((weights) => [...weights.dataSync()]);
  tf.dispose([x, labels]);
  model.dispose();
  return {loss: history.loss as number[], kernel: kernel!, bias: bias!};
}

/** In float32 six steps are some 2^-21 off. */
function expectClose(found: Trained, expected: Trained) {
  for (const name of ['loss', 'kernel', 'bias'] as const) {
    const largest = Math.max(...expected[name].map(Math.abs));
    const errors = expected[name].map((value, i) => Math.abs(value - found[name][i]!) / largest);
    expect([name, Math.max(...errors) <= 2e-6 || errors]).toEqual([name, true]);
  }
}

const oneHot = () => tf.oneHot(LABELS, CLASSES);
const indices = () => tf.tensor1d(LABELS, 'int32');

const UNWEIGHTED = exact(LABELS.map(() => 1));
const WEIGHTED = exact(BY_CLASS);

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    tf.env().set('IS_TEST', backend !== 'wasm'); // where it makes an error of tfjs's own fused matMul
  });

  test('a loss for each row, or one for the batch', async () => {
    expectClose(await fitted(modelOf(PER_ROW), oneHot()), UNWEIGHTED);
    expectClose(await fitted(modelOf(lossWith({})), oneHot()), UNWEIGHTED);
  });

  test('classWeight of fit, with a loss for each row', async () => {
    expectClose(await fitted(modelOf(PER_ROW), oneHot(), CLASS_WEIGHT), WEIGHTED);
  });

  test('with one for the batch, it weighs by the mean weight of the batch', async () => {
    const ofBatch = BY_CLASS.map((_, r) => {
      const weights = BY_CLASS.slice(r - (r % 4), r - (r % 4) + 4);
      return weights.reduce((a, b) => a + b) / weights.length;
    });
    expectClose(await fitted(modelOf(lossWith({})), oneHot(), CLASS_WEIGHT), exact(ofBatch));
  });

  test('classWeights of the loss come to the same', async () => {
    for (const reduction of ['none', 'mean'] as const) {
      expectClose(await fitted(modelOf(lossWith({classWeights: [1, 2, 5], reduction})), oneHot()), WEIGHTED);
    }
  });

  test('labels that are multiplied weigh the rows', async () => {
    const weights = LABELS.map((_, r) => r / 4);
    const labels = tf.tensor2d(ONE_HOT.map((row, r) => row.map((q) => q * weights[r]!)));
    expectClose(await fitted(modelOf(PER_ROW), labels), exact(weights));
  });

  test('smoothed labels', async () => {
    const smoothed = ONE_HOT.map((row) => row.map((q) => 0.9 * q + 0.1 / CLASSES));
    const loss = lossWith({labelSmoothing: 0.1, reduction: 'none'});
    expectClose(await fitted(modelOf(loss), oneHot(), CLASS_WEIGHT), exact(BY_CLASS, smoothed));
  });

  test('class indices, where the layer leaves its width open', async () => {
    expectClose(await fitted(modelOf(OF_INDICES, true), indices()), UNWEIGHTED);
    expectClose(await fitted(modelOf(OF_INDICES, true), indices(), CLASS_WEIGHT), WEIGHTED);
  });

  test('class indices and classWeights, with a loss for the batch: divided by its weights', async () => {
    const loss: Loss = (labels, logits) => lossWith({classWeights: [1, 2, 5]})(tf.squeeze(labels, [-1]), logits);
    const shares = BY_CLASS.map((weight, r) => {
      const weights = BY_CLASS.slice(r - (r % 4), r - (r % 4) + 4);
      return (weight * weights.length) / weights.reduce((a, b) => a + b);
    });
    expectClose(await fitted(modelOf(loss, true), indices()), exact(shares));
  });

  test('sequences of class indices, with classWeights and an index that is ignored', () => {
    const dense = layers.layers.dense({units: CLASSES, inputShape: [5, 2]});
    dense.computeOutputShape = () => [null, null, null];
    const model = layers.sequential({layers: [dense]});
    dense.setWeights([tf.tensor2d(KERNEL), tf.tensor1d(BIAS)]);
    const options: CrossEntropyOptions = {reduction: 'none', classWeights: [1, 2, 5], ignoreIndex: -1};
    model.compile({optimizer: 'sgd', loss: (labels, logits) => lossWith(options)(tf.squeeze(labels, [-1]), logits)});
    const given = LABELS.map((label, r) => (r % 3 ? label : -1));
    const loss = model.evaluate(tf.tensor3d(FEATURES.flat(), [2, 5, 2]), tf.tensor3d(given, [2, 5, 1], 'int32'));
    const exactLosses = LOGITS.map((row, r) => (r % 3 ? -BY_CLASS[r]! * logSoftmax(row)[LABELS[r]!]! : 0));
    expect((loss as tf.Scalar).dataSync()[0]).toBeCloseTo(exactLosses.reduce((a, b) => a + b) / ROWS, 6);
  });

  test('these ran our kernels', async () => {
    const {kernels, stop} = watchKernels();
    try {
      await fitted(modelOf(PER_ROW), oneHot(), CLASS_WEIGHT);
      expect(new Set(kernels.splice(0))).toEqual(new Set(['crossEntropy', 'crossEntropyGradient']));
      await fitted(modelOf(OF_INDICES, true), indices(), CLASS_WEIGHT);
      expect(new Set(kernels)).toEqual(new Set(['sparseCrossEntropy', 'sparseCrossEntropyGradient']));
    } finally {
      stop();
    }
  });
});

describe('what else docs/layers.md says of tfjs-layers', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
    tf.env().set('IS_TEST', true);
  });

  test('fit refuses sampleWeight, classWeight for sequences, and indices of a layer that tells its width', async () => {
    const x = tf.tensor2d(FEATURES);
    const sampleWeight = tf.tensor1d(BY_CLASS);
    const model = modelOf(PER_ROW);
    await expect(model.fit(x, oneHot(), {sampleWeight})).rejects.toThrow('not supported yet');
    await expect(model.fit(x, indices())).rejects.toThrow('each example has shape [3]');
    const sequences = layers.sequential({layers: [layers.layers.dense({units: CLASSES, inputShape: [5, 2]})]});
    sequences.compile({optimizer: 'sgd', loss: PER_ROW});
    const fitting = sequences.fit(tf.zeros([2, 5, 2]), tf.zeros([2, 5, 3]), {classWeight: CLASS_WEIGHT});
    await expect(fitting).rejects.toThrow('Unexpected rank of target');
  });

  test("'accuracy' is right for logits, and 'crossentropy' takes them for probabilities", async () => {
    const model = modelOf(PER_ROW, false, ['accuracy', 'crossentropy', PER_ROW]);
    const [loss, accuracy, crossentropy, ofLoss] = (model.evaluate(tf.tensor2d(FEATURES), oneHot()) as tf.Scalar[]).map(
      (value) => value.dataSync()[0]!,
    );
    const right = LOGITS.filter((row, r) => row.indexOf(Math.max(...row)) === LABELS[r]).length;
    const exactLoss = LOGITS.reduce((sum, row, r) => sum - logSoftmax(row)[LABELS[r]!]!, 0) / ROWS;
    expect(accuracy).toBeCloseTo(right / ROWS, 6);
    expect(loss).toBeCloseTo(exactLoss, 6);
    expect(ofLoss).toBeCloseTo(exactLoss, 6);
    expect(Math.abs(crossentropy! - exactLoss)).toBeGreaterThan(1);
  });

  test('a layer that leaves its width open predicts, and is saved without that', async () => {
    const model = modelOf(OF_INDICES, true);
    const x = tf.tensor2d(FEATURES);
    expect((model.predict(x) as tf.Tensor).shape).toEqual([ROWS, CLASSES]);
    const loaded = await layers.models.modelFromJSON(JSON.parse(model.toJSON() as unknown as string));
    expect(loaded.outputs[0]!.shape).toEqual([null, CLASSES]);
  });

  test("tfjs's losses clip: of a row that is wrong by 40 the loss is 16.1, and nothing is learnt of it", () => {
    const logits = tf.tensor2d([[40, 0, 0]]);
    const labels = tf.tensor2d([[0, 1, 0]]);
    const stock = (x: tf.Tensor) => tf.sum(layers.metrics.categoricalCrossentropy(labels, tf.softmax(x)));
    const ours = (x: tf.Tensor) => tf.sum(PER_ROW(labels, x));
    expect(stock(logits).dataSync()[0]).toBeCloseTo(16.118, 3);
    expect(ours(logits).dataSync()[0]).toBeCloseTo(40, 5);
    expect([...tf.grad(stock)(logits).dataSync()].map(Math.abs)).toEqual([0, 0, 0]);
    expect([...tf.grad(ours)(logits).dataSync()]).toEqual([1, -1, expect.closeTo(0, 6)]);
  });
});
