/**
 * A classifier that people run: the language detector of VS Code, a wide and deep network over 5,000 buckets of hashed
 * byte pairs that ends in a softmax over 54 languages. Its weights come inside an npm package, as a graph model.
 */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import * as converter from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';

/** The files of the package. */
export interface ClassifierFiles {
  /** model.json */
  model: {modelTopology: object; weightsManifest: {weights: tf.io.WeightsManifestEntry[]}[]};
  weights: Uint8Array;
}

/** Names of nodes in the graph. */
const CONTENT = 'content_embedding_1/content_embedding_weights';
const LINEAR = 'linear/linear_model/linear/linear_model/linear/linear_model';
export const NODES = {
  pairs: 'map/TensorArrayV2Stack/TensorListStack',
  buckets: `${LINEAR}/content/lookup`,
  embedding: `dnn/input_from_feature_columns/input_layer/${CONTENT}`,
  linear: `${LINEAR}/content/weighted_sum/Reshape_2`,
  logits: 'add',
  probabilities: 'head/predictions/probabilities',
};
export const BUCKETS = 5000;
export const LANGUAGES = 54;
const LANGUAGE_NAMES = 'head/predictions/class_string_lookup/Const';

/** What the network makes of texts before its dense layers, which is all that some backends can hold: no strings. */
export interface Features {
  texts: number;
  /** The mean embedding of the byte pairs, 70 a text. */
  embedding: Float32Array;
  /** The sum of their linear weights, one for each language. */
  linear: Float32Array;
  /** How often each bucket occurs. */
  counts: Float32Array;
}

/** The graph model on the active backend, without its initializer: that fills a table which nothing here asks. */
export function loadGraph({model, weights}: ClassifierFiles): Promise<GraphModel> {
  const load = async () => ({
    modelTopology: model.modelTopology,
    weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
    weightData: weights.slice().buffer as ArrayBuffer,
  });
  return converter.loadGraphModel({load} as tf.io.IOHandler);
}

export function languageNames(graph: GraphModel): string[] {
  return Array.from(graph.weights[LANGUAGE_NAMES]![0]!.dataSync<'string'>());
}

/** Its dense layers, from the features on: logits and probabilities. */
export function runGraph(graph: GraphModel, {texts, embedding, linear}: Features): tf.Tensor[] {
  return tf.tidy(() => {
    const inputs = {
      [NODES.embedding]: tf.tensor2d(embedding, [texts, embedding.length / texts]),
      [NODES.linear]: tf.tensor2d(linear, [texts, LANGUAGES]),
    };
    return graph.execute(inputs, [NODES.logits, NODES.probabilities]) as tf.Tensor[];
  });
}

/**
 * The whole network as a tfjs-layers model, with the weights of the graph model: bucket counts, and their frequencies,
 * to logits and probabilities. A sum of embeddings is a dense layer over counts.
 */
export function layersModel(graph: GraphModel): layers.LayersModel {
  const weight = (name: string) => graph.weights[name]![0]!;
  const dense = (kernel: string, bias: string | null, activation: 'linear' | 'relu' = 'linear') => {
    const weights = [weight(kernel), ...(bias ? [weight(bias)] : [])];
    const units = weights[0]!.shape[1]!;
    return layers.layers.dense({units, activation, useBias: bias !== null, weights});
  };
  const counts = layers.input({shape: [BUCKETS]});
  const frequencies = layers.input({shape: [BUCKETS]});
  const apply = (layer: layers.layers.Layer, x: layers.SymbolicTensor) => layer.apply(x) as layers.SymbolicTensor;
  const embedding = 'dnn/input_from_feature_columns/input_layer/content_embedding/embedding_weights';
  const wide = apply(dense('linear/linear_model/content/weights', 'linear/linear_model/bias_weights'), counts);
  const deep = [
    dense(embedding, null),
    dense('dnn/hiddenlayer_0/kernel', 'dnn/hiddenlayer_0/bias', 'relu'),
    dense('dnn/hiddenlayer_1/kernel', 'dnn/hiddenlayer_1/bias', 'relu'),
    dense('dnn/logits/kernel', 'dnn/logits/bias'),
  ].reduce((x, layer) => apply(layer, x), frequencies);
  const logits = layers.layers.add().apply([deep, wide]) as layers.SymbolicTensor;
  const probabilities = apply(layers.layers.activation({activation: 'softmax'}), logits);
  return layers.model({inputs: [counts, frequencies], outputs: [logits, probabilities]});
}

export function runLayers(model: layers.LayersModel, {texts, counts}: Features): tf.Tensor[] {
  return tf.tidy(() => {
    const x = tf.tensor2d(counts, [texts, BUCKETS]);
    return model.predict([x, tf.div(x, tf.sum(x, 1, true))]) as tf.Tensor[];
  });
}
