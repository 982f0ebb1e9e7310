import * as tf from '@tensorflow/tfjs-core';
import {rankBackends, softmax} from '../index';
import {withBackend} from '../tfjs/active_backend';
import {BackendVisit, nextTensorId, ReadAhead} from '../tfjs/backend_visit';

/** Three networks for which backends are selected: each a function of the program, as `() => model.predict(x)` is. */
export const NETS = {
  'dense net': denseNet,
  'small convolutional net': convNet,
  'attention block': attentionBlock,
};
export type Net = keyof typeof NETS;

let seed = 0;
function random(...shape: number[]): tf.Tensor {
  return tf.randomNormal(shape, 0, 0.1, 'float32', ++seed);
}

function denseNet(): () => tf.Tensor {
  const x = random(32, 256) as tf.Tensor2D;
  const weights = [random(256, 512), random(512, 512), random(512, 10)] as tf.Tensor2D[];
  return () => {
    const hidden = weights.slice(0, -1).reduce((h, w) => tf.relu(tf.matMul(h, w)) as tf.Tensor2D, x);
    return softmax(tf.matMul(hidden, weights.at(-1)!)) as tf.Tensor;
  };
}

function convNet(): () => tf.Tensor {
  const image = random(1, 48, 48, 3) as tf.Tensor4D;
  const filters = [random(3, 3, 3, 16), random(3, 3, 16, 32)] as tf.Tensor4D[];
  const last = random(10 * 10 * 32, 10) as tf.Tensor2D;
  return () => {
    let h = image;
    for (const filter of filters) h = tf.maxPool(tf.relu(tf.conv2d(h, filter, 1, 'valid')), 2, 2, 'valid');
    return softmax(tf.matMul(tf.reshape(h, [1, -1]), last)) as tf.Tensor;
  };
}

function attentionBlock(): () => tf.Tensor {
  const x = random(64, 128) as tf.Tensor2D;
  const [q, k, v, out] = [0, 1, 2, 3].map(() => random(128, 128) as tf.Tensor2D);
  const heads = (t: tf.Tensor) => tf.transpose(tf.reshape(t, [64, 4, 32]), [1, 0, 2]);
  return () => {
    const [queries, keys, values] = [q!, k!, v!].map((w) => heads(tf.matMul(x, w)));
    const scores = softmax(tf.mul(tf.matMul(queries!, keys!, false, true), 1 / Math.sqrt(32)));
    const mixed = tf.reshape(
      tf.transpose(tf.matMul(scores as tf.Tensor3D, values as tf.Tensor3D), [1, 0, 2]),
      [64, 128],
    );
    return tf.add(x, tf.matMul(mixed as tf.Tensor2D, out!));
  };
}

export interface Choices {
  net: Net;
  /** How often each backend was chosen. */
  chosen: Record<string, number>;
  /** Milliseconds of a call and its result read, by a stopwatch of another make: the median of three runs' least quarters. */
  ms: Record<string, number>;
  /** Choices that take at most 1.1 times as long as the best, of all. */
  right: number;
  of: number;
  /** Why the others were made. */
  wrong: string[];
}

/** Selects a backend so often, with nothing remembered, and measures each backend anew, before and after. */
export async function choicesFor(net: Net, backends: string[], trials: number): Promise<Choices> {
  const run = NETS[net]();
  const rounds: Record<string, number>[] = [await timesOf(run, backends)];
  const made: {best: string; text: string}[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const ranking = await rankBackends(run, {candidates: backends, remember: false});
    made.push({best: ranking.best!, text: String(ranking)});
    if (trial === trials >> 1) rounds.push(await timesOf(run, backends));
  }
  rounds.push(await timesOf(run, backends));
  const ms = Object.fromEntries(
    backends.map((name) => [name, rounds.map((times) => times[name]!).sort((a, b) => a - b)[1]!]),
  );
  const least = Math.min(...Object.values(ms));
  const isRight = ({best}: {best: string}) => ms[best]! <= 1.1 * least;
  const chosen = Object.fromEntries(backends.map((name) => [name, made.filter(({best}) => best === name).length]));
  const wrong = made.filter((one) => !isRight(one)).map(({text}) => text);
  return {net, chosen, ms, right: made.filter(isRight).length, of: trials, wrong};
}

/** Calls of a backend in a row, of which the first finds the caches and threads of another. */
const IN_A_ROW = 4;

/**
 * Some calls on each backend in turn, as a program makes them that has chosen one, each with its result read whole: for each backend
 * the mean of the fastest quarter of its calls.
 */
async function timesOf(run: () => tf.Tensor, backends: string[]): Promise<Record<string, number>> {
  const samples = new Map<string, number[]>(backends.map((name) => [name, []]));
  const readAhead = new ReadAhead(() => false);
  const visits = backends.map((name) => new BackendVisit(name, readAhead, nextTensorId()));
  const until = performance.now() + 1500;
  for (let round = 0; round < 40 && (round < 6 || performance.now() < until); round++) {
    for (const visit of visits) {
      for (let call = 0; call < IN_A_ROW; call++) {
        const start = performance.now();
        visit.enter();
        const result = tf.tidy(run);
        visit.leave();
        await result.data();
        result.dispose();
        if (call > 0) samples.get(visit.name)!.push(performance.now() - start);
      }
    }
  }
  for (const visit of visits) visit.end();
  return Object.fromEntries(
    [...samples].map(([name, all]) => {
      const fastest = all.sort((a, b) => a - b).slice(0, Math.ceil(all.length / 4));
      return [name, fastest.reduce((sum, ms) => sum + ms, 0) / fastest.length];
    }),
  );
}

/** tfjs's stopwatch needs nothing of a backend but that it has started. */
export async function startAll(backends: string[]): Promise<void> {
  for (const name of [...backends].reverse()) {
    if (!(await tf.setBackend(name))) throw new Error(`${name} does not start`);
    withBackend(name, () => tf.tidy(() => void tf.add(1, 2)));
  }
}
