import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import {BUCKETS, type ClassifierFiles, type Features, NODES} from './language_classifier';

/** The files as they lie in the dev dependency. */
export function classifierFiles(): ClassifierFiles {
  const root = createRequire(join(process.cwd(), 'package.json')).resolve(
    '@vscode/vscode-languagedetection/package.json',
  );
  const file = (name: string) => readFileSync(join(dirname(root), 'model', name));
  return {
    model: JSON.parse(file('model.json').toString()),
    weights: Uint8Array.from(file('group1-shard1of1.bin')),
  };
}

/**
 * Runs the graph from byte pairs to probabilities, on the cpu backend, which has all of its ops for strings. The pairs
 * are made here: the graph makes them in a loop, over lists of tensors that tfjs 4.22 disposes of too early.
 */
export async function runWholeGraph(
  graph: GraphModel,
  texts: string[],
): Promise<{features: Features; probabilities: Float32Array}> {
  const pairs = tf.tensor2d(texts.flatMap(bytePairs), [texts.length, PAIRS], 'string');
  const wanted = [NODES.embedding, NODES.linear, NODES.buckets, NODES.probabilities];
  const results = (await graph.executeAsync({[NODES.pairs]: pairs}, wanted)) as tf.Tensor[];
  const [embedding, linear, buckets, probabilities] = results.map((t) => t.dataSync()) as Float32Array[];
  tf.dispose([pairs, ...results]);
  return {
    features: {
      texts: texts.length,
      embedding: embedding!,
      linear: linear!,
      counts: countsOf(
        buckets!,
        texts.map((text) => new TextEncoder().encode(text).length - 1),
      ),
    },
    probabilities: probabilities!,
  };
}

/** So many are looked at; beyond the end of a text they are empty. */
const PAIRS = 10_000;

function bytePairs(text: string): string[] {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return Array.from({length: PAIRS}, (_, i) => (i + 1 < bytes.length ? `${bytes[i]} ${bytes[i + 1]}` : ''));
}

/** Each text has so many buckets, one for each of its pairs, in order. */
function countsOf(buckets: ArrayLike<number>, pairsOf: number[]): Float32Array {
  const counts = new Float32Array(pairsOf.length * BUCKETS);
  let i = 0;
  pairsOf.forEach((pairs, text) => {
    for (let k = 0; k < pairs; k++) counts[text * BUCKETS + buckets[i++]!]!++;
  });
  return counts;
}
