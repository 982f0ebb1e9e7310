/** A page in which our kernels on one thread and on several, and stock's on as many, are timed in turn. */
import '@tensorflow/tfjs-backend-wasm';
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // loads tfjs's gradients
import {accessTo} from '../../backends/wasm/access';
import * as family from '../../index';
import {expose} from '../../spec/hosts/page';
import {realClock} from '../suite/clock';
import {interleave} from '../suite/interleave';
import type {Shape} from '../suite/shapes';
import {quantile} from '../suite/statistics';
import {workload} from '../suite/workload';

/** Of logits, a vector, a mask and labels that are distributions; each op takes of them what it needs. */
type Op = (x: tf.Tensor, v: tf.Tensor, mask: tf.Tensor, labels: tf.Tensor) => tf.Tensor;

const OPS = {
  softmax: {ours: (x) => family.softmax(x), stock: (x) => tf.softmax(x)},
  logSoftmax: {ours: (x) => family.logSoftmax(x), stock: (x) => tf.logSoftmax(x)},
  gradSoftmax: {
    ours: (x, v) => tf.grad((t) => family.softmax(t))(x, v),
    stock: (x, v) => tf.grad((t) => tf.softmax(t))(x, v),
  },
  maskedSoftmax: {
    ours: (x, _, mask) => family.softmax(x, -1, {mask}),
    stock: (x, _, mask) => tf.softmax(tf.where(mask, x, -1e9)),
  },
  crossEntropy: {
    ours: (x, _, __, labels) => family.softmaxCrossEntropy(labels, x),
    stock: (x, _, __, labels) => tf.losses.softmaxCrossEntropy(labels, x),
  },
  gradCrossEntropy: {
    ours: (x, _, __, labels) => tf.grad((t) => family.softmaxCrossEntropy(labels, t))(x),
    stock: (x, _, __, labels) => tf.grad((t) => tf.losses.softmaxCrossEntropy(labels, t))(x),
  },
} satisfies Record<string, Record<'ours' | 'stock', Op>>;
export type ThreadsOp = keyof typeof OPS;

/** Microseconds a call, of the rounds. */
interface Time {
  best: number;
  median: number;
}

export interface ThreadsCase {
  op: ThreadsOp;
  shape: Shape;
  one: Time;
  several: Time;
  stock: Time;
  /** How many times as long one thread takes as several, and stock: medians of the ratios within each round. */
  speedUp: number;
  overStock: number;
  /** Of a call after a pause: microseconds that it takes longer with several threads; the medians' difference. */
  afterPause: number;
  /** The same of one thread and one thread: what such a difference may be by chance. */
  afterPauseByChance: number;
}

const PAUSE_MS = 20;
const CALLS_AFTER_PAUSE = 100;
/** Calls go on for so long that it matters little whether threads sleep at first: the longest take 10 ms. */
const clock = {...realClock(), sampleMs: 50};

const functions = {
  /** Starts the wasm backend as on a machine on which tfjs has so many threads. @returns what runs on it */
  async start({threads}: {threads: number}): Promise<string> {
    Object.defineProperty(navigator, 'hardwareConcurrency', {value: 2 * threads});
    if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend does not start');
    const x = tf.ones([1024, 1000]);
    while (!pool().threads?.taken.every((chunks) => chunks > 0)) {
      family.softmax(x).dispose();
      await clock.breathe();
    }
    x.dispose();
    const {backends} = await family.backendReport({start: false});
    return backends.find(({name}) => name === 'wasm')!.runs!;
  },

  async measure({op, shape, seconds}: {op: ThreadsOp; shape: Shape; seconds: number}): Promise<ThreadsCase> {
    const [{x, v}] = workload({op: 'gradSoftmax', shape, distribution: 'uniform:10', madeBy: 'op'}).inputs;
    const vector = tf.tensor(v, shape);
    const tensors: Parameters<Op> = [tf.tensor(x, shape), vector, tf.greater(vector, 0), tf.softmax(vector)];
    const {ours, stock} = OPS[op];
    checkAlike(ours, stock, tensors);
    const call = (run: Op) => tf.tidy(() => run(...tensors)).dispose();
    const candidate = (run: Op, alone: boolean) => ({
      queued: false,
      async sample(calls: number) {
        stayAlone(alone);
        const start = clock.now();
        for (let i = 0; i < calls; i++) call(run);
        return {ms: (clock.now() - start) / calls, fault: null};
      },
    });
    const series = await interleave(
      [candidate(ours, true), candidate(ours, false), candidate(stock, true)],
      seconds,
      clock,
    );
    const [one, several, ofStock] = series.map(({rounds}) => rounds) as [number[], number[], number[]];
    const [first, shared, second] = (await callsAfterPause(() => call(ours))) as [number, number, number];
    tf.dispose([...tensors]);
    return {
      ...{op, shape},
      ...{one: timeOf(one), several: timeOf(several), stock: timeOf(ofStock)},
      ...{speedUp: ratio(one, several), overStock: ratio(ofStock, several)},
      afterPause: 1000 * (shared - (first + second) / 2),
      afterPauseByChance: 1000 * (second - first),
    };
  },
};
expose(functions);
export type Functions = typeof functions;

function pool() {
  return accessTo(tf.backend() as BackendWasm).pool!;
}

/** Whether the calling thread computes all of it, while the others are there and sleep. */
function stayAlone(alone: boolean): void {
  const {threads} = pool();
  if (!threads) throw new Error('the threads are gone');
  if (alone) threads.helpersFor = () => ({awake: 0, wake: 0});
  else delete (threads as Partial<typeof threads>).helpersFor; // that of the class again
}

/** Medians in milliseconds, in turn of the thread that calls alone, of several, and of one alone again. */
async function callsAfterPause(call: () => void): Promise<number[]> {
  const times: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < 3 * CALLS_AFTER_PAUSE; i++) {
    stayAlone(i % 3 !== 1);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const start = clock.now();
    call();
    times[i % 3]!.push(clock.now() - start);
  }
  return times.map((each) => quantile(each, 0.5));
}

/** One thread and several give the same bits, and stock about the same numbers. @throws if not */
function checkAlike(ours: Op, stock: Op, tensors: Parameters<Op>): void {
  const result = (run: Op, alone: boolean) => {
    stayAlone(alone);
    return tf.tidy(() => run(...tensors).dataSync<'float32'>());
  };
  const [one, several, theirs] = [result(ours, true), result(ours, false), result(stock, true)];
  if (!one.every((value, i) => value === several[i])) throw new Error('several threads give other results than one');
  const off = one.findIndex((value, i) => Math.abs(value - theirs[i]!) > 1e-4 * Math.max(1, Math.abs(value)));
  if (off >= 0) throw new Error(`ours and stock differ: ${one[off]} and ${theirs[off]}`);
}

function timeOf(rounds: number[]): Time {
  const times = rounds.filter((ms) => !Number.isNaN(ms)).map((ms) => 1000 * ms);
  return {best: Math.min(...times), median: quantile(times, 0.5)};
}

/** In rounds that both took part in. */
function ratio(slower: number[], faster: number[]): number {
  const ratios = slower.map((ms, i) => ms / faster[i]!).filter((each) => !Number.isNaN(each));
  return quantile(ratios, 0.5);
}
