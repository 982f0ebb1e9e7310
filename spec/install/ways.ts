/**
 * The ways in which programs of tfjs come to the ops that `install()` routes, each run stock and installed: whatever ran before has
 * to run afterwards, and give the same.
 */
import type * as Union from '@tensorflow/tfjs';
import type {GradSaveFunc, Scalar, Tensor} from '@tensorflow/tfjs-core';

type Tfjs = typeof Union;

function waysIn(tf: Tfjs): Record<string, () => unknown> {
  const graph = (op: string) =>
    tf.loadGraphModelSync({
      load: () => ({
        modelTopology: {
          node: [
            {name: 'x', op: 'Placeholder', attr: {dtype: {type: 'DT_FLOAT'}, shape: {shape: {unknownRank: true}}}},
            {name: 'y', op, input: ['x'], attr: {T: {type: 'DT_FLOAT'}}},
          ],
          library: {},
          versions: {},
        },
        weightSpecs: [],
        weightData: new ArrayBuffer(0),
      }),
    });
  const dense = () => {
    const model = tf.sequential();
    model.add(
      tf.layers.dense({
        units: 5,
        activation: 'softmax',
        inputShape: [7],
        kernelInitializer: 'ones',
        biasInitializer: 'zeros',
      }),
    );
    model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
    return model;
  };
  const logits = () =>
    tf.tensor2d(
      Float32Array.from({length: 21}, (_, i) => 4 * Math.sin(i * i)),
      [3, 7],
    );
  const labels = () => tf.oneHot([1, 0, 3], 7);
  return {
    softmax: () => tf.softmax(logits()),
    'softmax of numbers': () => tf.softmax([1, 2, 3]),
    'softmax of nothing': () => tf.softmax(tf.zeros([0, 4])),
    'softmax of rank 6': () => tf.softmax(tf.ones([1, 2, 1, 2, 1, 3])),
    'softmax of a variable': () => tf.softmax(tf.variable(logits())),
    'x.softmax()': () => logits().softmax(),
    'x.softmax(1)': () => logits().softmax(1),
    logSoftmax: () => tf.logSoftmax(logits()),
    'logSoftmax of integers': () => tf.logSoftmax(tf.tensor1d([1, 2, 3], 'int32')),
    'x.logSoftmax()': () => logits().logSoftmax(),
    logSumExp: () => tf.logSumExp(logits(), 1),
    'logSumExp of all': () => tf.logSumExp(logits()),
    'logSumExp of axes apart': () => tf.logSumExp(tf.ones([2, 3, 4]), [0, 2], true),
    cost: () => tf.losses.softmaxCrossEntropy(labels(), logits()),
    'cost, weighted': () => tf.losses.softmaxCrossEntropy(labels(), logits(), [1, 0, 2], 0.1),
    'cost of each': () => tf.losses.softmaxCrossEntropy(labels(), logits(), undefined, 0, tf.Reduction.NONE),
    'gradient of softmax': () => tf.grad((t) => tf.softmax(t).square().sum())(logits()),
    'gradient of logSoftmax': () => tf.grad((t) => tf.logSoftmax(t).square().sum())(logits()),
    'gradient of logSumExp': () => tf.grad((t) => tf.logSumExp(t, 1).square().sum())(logits()),
    'gradient of the cost': () => tf.grad((t) => tf.losses.softmaxCrossEntropy(labels(), t))(logits()),
    'value and gradients': () =>
      tf.valueAndGrads((a, b) => tf.softmax(a.add(b)).mul(a).sum())([logits(), logits()]).grads[1],
    'a gradient in another': () =>
      tf.grad((t) =>
        tf
          .grad((u) => tf.logSumExp(u, 1).sum())(t)
          .sum()
          .mul(t.sum())
          .add(t.sum()),
      )(logits()),
    'softmax activation': () => dense().predict(logits()),
    'softmax layer': () => tf.layers.softmax({axis: -1}).apply(logits()),
    'softmax layer, axis 1': () => tf.layers.softmax({axis: 1}).apply(logits()),
    training: () => {
      const model = dense();
      const predicted = () => model.apply(logits()) as Tensor;
      const cost = () => tf.metrics.categoricalCrossentropy(tf.oneHot([1, 0, 3], 5), predicted()).mean<Scalar>();
      tf.train.sgd(0.5).minimize(cost);
      return model.predict(logits());
    },
    'graph Softmax': () => graph('Softmax').predict(logits()),
    'graph LogSoftmax': () => graph('LogSoftmax').predict(logits()),
    'a custom gradient around it': () =>
      tf.grad((t) =>
        tf
          .customGrad((...[u, save]) => {
            (save as GradSaveFunc)([u as Tensor]);
            return {value: tf.softmax(u as Tensor), gradFunc: (dy, [v]) => dy.mul(v!)};
          })(t)
          .sum(),
      )(logits()),
  };
}

type Outcome = {shape: number[]; dtype: string; values: number[]} | {error: string};

export interface Difference {
  way: string;
  stock: string;
  installed: string;
}

/** What gives something else when it is installed, and how many ways run in stock. Begins installed, and ends so. */
export async function differences(
  tf: Tfjs,
  ours: {install(): unknown; uninstall(): void},
): Promise<{ways: number; differ: Difference[]}> {
  const installed = await outcomes(tf);
  ours.uninstall();
  const stock = await outcomes(tf);
  ours.install();
  const again = await outcomes(tf);
  const ran = Object.keys(stock).filter((way) => !('error' in stock[way]!));
  const differ = ran.flatMap((way) =>
    [installed[way]!, again[way]!]
      .filter((one) => !isClose(stock[way]!, one))
      .map((one) => ({way, stock: JSON.stringify(stock[way]), installed: JSON.stringify(one)})),
  );
  return {ways: ran.length, differ};
}

async function outcomes(tf: Tfjs): Promise<Record<string, Outcome>> {
  const found: Record<string, Outcome> = {};
  for (const [way, run] of Object.entries(waysIn(tf))) {
    try {
      const y = tf.tidy(run as () => Tensor);
      found[way] = {shape: y.shape, dtype: y.dtype, values: Array.from(await y.data())};
      y.dispose();
    } catch (error) {
      found[way] = {error: (error as Error).message};
    }
  }
  return found;
}

function isClose(a: Outcome, b: Outcome): boolean {
  if ('error' in a || 'error' in b || a.dtype !== b.dtype || `${a.shape}` !== `${b.shape}`) return false;
  return a.values.every((value, i) => {
    return Object.is(value, b.values[i]) || Math.abs(value - b.values[i]!) <= 2e-6 * Math.max(1, Math.abs(value));
  });
}
