/** Every way in which a model comes to an op that `install()` routes, and the kernel of ours that it then runs. */
import '@tensorflow/tfjs'; // the union package: chained ops, layers
import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {install, uninstall} from '../../index';

type Chained = tf.Tensor2D & Record<'softmax' | 'logSoftmax' | 'logSumExp', () => tf.Tensor>;

interface Way {
  kernel: string;
  /** x is [1, 1000]. */
  run: (x: tf.Tensor2D) => tf.Tensor;
}

export const ROUTES: Record<string, Way> = {
  'tf.softmax': {kernel: 'softmax', run: (x) => tf.softmax(x)},
  'x.softmax()': {kernel: 'softmax', run: (x) => (x as Chained).softmax()},
  'a layer with the softmax activation': {kernel: 'softmax', run: (x) => activation('softmax', x)},
  'the softmax layer': {
    kernel: 'softmax',
    run: (x) => layers.layers.softmax({axis: -1}).apply(x) as tf.Tensor,
  },
  'tf.logSoftmax': {kernel: 'logSoftmax', run: (x) => tf.logSoftmax(x)},
  'x.logSoftmax()': {kernel: 'logSoftmax', run: (x) => (x as Chained).logSoftmax()},
  'a layer with the logSoftmax activation': {kernel: 'logSoftmax', run: (x) => activation('logSoftmax', x)},
  "a graph model's Softmax": {kernel: 'softmax', run: (x) => graphModel('Softmax').predict(x) as tf.Tensor},
  "a graph model's LogSoftmax": {
    kernel: 'logSoftmax',
    run: (x) => graphModel('LogSoftmax').predict(x) as tf.Tensor,
  },
  'tf.logSumExp': {kernel: 'logSumExp', run: (x) => tf.logSumExp(x, -1)},
  'x.logSumExp()': {kernel: 'logSumExp', run: (x) => (x as Chained).logSumExp()},
  'tf.losses.softmaxCrossEntropy': {
    kernel: 'crossEntropy',
    run: (x) => tf.losses.softmaxCrossEntropy(tf.fill([1, 1000], 1e-3), x),
  },
};

function activation(name: 'softmax' | 'logSoftmax', x: tf.Tensor2D): tf.Tensor {
  return layers.layers.activation({activation: name as 'softmax', inputShape: [1000]}).apply(x) as tf.Tensor;
}

/** A graph of one op, as the converter writes it. */
function graphModel(op: string) {
  const type = {T: {type: 'DT_FLOAT'}};
  const modelTopology = {
    node: [
      {name: 'x', op: 'Placeholder', attr: {dtype: {type: 'DT_FLOAT'}, shape: {shape: {unknownRank: true}}}},
      {name: 'y', op, input: ['x'], attr: type},
    ],
    library: {},
    versions: {},
  };
  return loadGraphModelSync({load: () => ({modelTopology, weightSpecs: [], weightData: new ArrayBuffer(0)})});
}

/** The names of the kernels in `tf.profile` of one of them: as tfjs is, after install(), and after uninstall(). */
export async function profileRoute(name: string): Promise<{stock: string[]; installed: string[]; after: string[]}> {
  const x = tf.randomUniform<tf.Rank.R2>([1, 1000], -9, 9);
  const names = async () => {
    const {kernelNames, result} = await tf.profile(() => ROUTES[name]!.run(x));
    tf.dispose(result as tf.Tensor);
    return kernelNames;
  };
  try {
    const stock = await names();
    install();
    const installed = await names();
    uninstall();
    return {stock, installed, after: await names()};
  } finally {
    uninstall();
    x.dispose();
  }
}
