/** Programs of tfjs that call `tf.softmax`, as people write them: each is made once and run step by step. */
import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers'; // brings tfjs's own gradients

export interface Program {
  /** Steps that the early figures are taken of, and all steps where there is time. */
  steps: {early: number; all: number};
  /** The step: one call of softmax forward, in training one backward too. It returns a tensor, to be disposed, or a promise. */
  make(): () => unknown;
}

function classifier(rows: number, features: number, classes: number) {
  const model = layers.sequential();
  model.add(layers.layers.dense({units: classes, activation: 'softmax', inputShape: [features]}));
  return {model, x: tf.randomNormal([rows, features], 0, 1, 'float32', 1)};
}

function predict(rows: number, classes: number): Program {
  return {
    steps: {early: 252, all: 4000},
    make() {
      const {model, x} = classifier(rows, 16, classes);
      return () => model.predict(x);
    },
  };
}

function loop(rows: number, classes: number): Program {
  return {
    steps: {early: 252, all: 10_000},
    make() {
      const x = tf.randomNormal([rows, classes], 0, 1, 'float32', 1);
      return () => tf.softmax(x);
    },
  };
}

export const PROGRAMS: Record<string, Program> = {
  'tf.softmax [1, 2]': loop(1, 2),
  'tf.softmax [1, 10]': loop(1, 10),
  'tf.softmax [1, 100]': loop(1, 100),
  'tf.softmax [1, 1000]': loop(1, 1000),
  'tf.softmax [128, 10]': loop(128, 10),
  'fit [128, 10]': {
    steps: {early: 252, all: 2520},
    make() {
      const {model, x} = classifier(128, 16, 10);
      model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
      const labels = tf.oneHot(
        Array.from({length: 128}, (_, i) => i % 10),
        10,
      );
      return () => model.trainOnBatch(x, labels);
    },
  },
  'predict [128, 10]': predict(128, 10),
  'predict [1, 1000]': predict(1, 1000),
  'tf.grad [128, 10]': {
    steps: {early: 252, all: 4000},
    make() {
      const x = tf.randomNormal<tf.Rank.R2>([128, 10], 0, 1, 'float32', 1);
      const gradient = tf.grad((t) => tf.softmax(t));
      return () => gradient(x);
    },
  },
  'graph model [128, 10]': {
    steps: {early: 252, all: 4000},
    make() {
      const model = graphOfSoftmax();
      const x = tf.randomNormal<tf.Rank.R2>([128, 10], 0, 1, 'float32', 1);
      return () => model.predict(x);
    },
  },
};

/** A graph of one op, as the converter writes it. */
function graphOfSoftmax() {
  const modelTopology = {
    node: [
      {name: 'x', op: 'Placeholder', attr: {dtype: {type: 'DT_FLOAT'}, shape: {shape: {unknownRank: true}}}},
      {name: 'y', op: 'Softmax', input: ['x'], attr: {T: {type: 'DT_FLOAT'}}},
    ],
    library: {},
    versions: {},
  };
  return loadGraphModelSync({load: () => ({modelTopology, weightSpecs: [], weightData: new ArrayBuffer(0)})});
}
