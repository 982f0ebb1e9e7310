/** Ops of the family on tensors of every kind, by one thread and by several: for this process and for a page. */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {accessTo} from '../../../backends/wasm/access';
import * as family from '../../../index';
import {Random} from '../../cases/random';

export interface Compared {
  /** Cases whose bits differ, and those after which another tensor had changed; in words. */
  wrong: string[];
  /** How many chunks each thread took, the calling one first. */
  taken: number[];
  /** Cases in which another thread took part. */
  shared: number;
  cases: number;
  /** Bytes that tfjs's memory has grown by meanwhile. */
  grown: number;
  /** Tensors left behind. */
  left: number;
}

/** Runs cases by one thread, then by so many, and compares bit by bit. */
export async function compareThreads(args: {seed: number; cases: number; threads: number}): Promise<Compared> {
  const {seed, cases, threads} = args;
  const [bytes, tensors] = [heapBytes(), tf.memory().numTensors];
  family.setThreads(1);
  const alone = Array.from({length: cases}, (_, i) => compute(seed + i));
  family.setThreads(threads);
  await allAwake();
  // Whoever sleeps is woken for every job, however small.
  threadsNow()!.helpersFor = () => ({awake: threads - 1, wake: threads - 1});
  const wrong: string[] = [];
  let shared = 0;
  let ballast: tf.Tensor | null = null;
  for (let i = 0; i < cases; i++) {
    // The memory grows under way.
    if (i === cases >> 1) ballast = tf.zeros([heapBytes() / 4]);
    const before = others();
    const {name, result, intact} = compute(seed + i);
    if (others() > before) shared++;
    if (!intact) wrong.push(`${name}: another tensor has changed`);
    if (bitsOf(result) !== bitsOf(alone[i]!.result)) wrong.push(name);
    if (i % 4 === 0) await turn();
  }
  ballast?.dispose();
  const {taken} = threadsNow()!;
  family.setThreads(null);
  return {wrong, taken, shared, cases, grown: heapBytes() - bytes, left: tf.memory().numTensors - tensors};
}

/** Until every thread has taken part: on a busy machine that may take a while. */
export async function allAwake(): Promise<void> {
  const x = tf.ones([1024, 1000]);
  for (;;) {
    family.softmax(x).dispose();
    if (threadsNow()?.taken.every((chunks) => chunks > 0)) break;
    await turn();
  }
  threadsNow()!.forgetLosses();
  x.dispose();
}

export function threadsNow() {
  return accessTo(tf.backend() as BackendWasm).pool!.threads;
}

/** Chunks that other threads have taken. */
function others(): number {
  return threadsNow()!
    .taken.slice(1)
    .reduce((a, b) => a + b, 0);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function heapBytes(): number {
  return (tf.backend() as unknown as {wasm: {HEAPU8: Uint8Array}}).wasm.HEAPU8.length;
}

/** The bits as text: not a number equals itself. */
function bitsOf(values: Float32Array): string {
  let hash = 0;
  for (const bits of new Uint32Array(values.buffer, values.byteOffset, values.length)) {
    hash = (Math.imul(hash, 31) + bits) | 0;
  }
  return `${values.length} ${hash}`;
}

/** One op on tensors of a random shape, along a random axis. */
function compute(seed: number): {name: string; result: Float32Array; intact: boolean} {
  const random = new Random(seed);
  const {shape, axis} = drawShape(random);
  const size = shape.reduce((a, b) => a * b);
  const wild = random.uniform() < 0.2;
  const logits = random.normals(size, random.uniform() < 0.5 ? 3 : 30);
  if (wild)
    for (let i = 0; i < 20; i++) logits[random.integer(0, size - 1)] = [Number.NaN, Infinity, -Infinity][i % 3]!;
  const guards = [tf.fill([random.integer(1, 40)], 7)];
  const x = tf.tensor(logits, shape);
  guards.push(tf.fill([random.integer(1, 40)], 7));
  const [op, y] = tf.tidy(() => drawOp(random, x, shape, axis));
  guards.push(tf.fill([random.integer(1, 40)], 7));
  const result = y.dataSync<'float32'>();
  const intact = guards.every((guard) => guard.dataSync().every((value) => value === 7)) && isSame(x, logits);
  tf.dispose([x, y, ...guards]);
  return {name: `${op} of [${shape}] along ${axis}${wild ? ', with NaN and infinities' : ''}`, result, intact};
}

function isSame(x: tf.Tensor, values: Float32Array): boolean {
  return bitsOf(x.dataSync<'float32'>()) === bitsOf(values);
}

/** Of 2^15 elements or more; one in six is a few long rows, which are cut if there are more threads. */
function drawShape(random: Random): {shape: number[]; axis: number} {
  const size = 2 ** random.uniform(15, 17.5);
  if (random.uniform() < 1 / 6) {
    const outer = random.integer(1, 3);
    return {shape: [outer, Math.floor(size / outer)], axis: 1};
  }
  const n = Math.floor(2 ** random.uniform(0, [6, 12, 15][random.integer(0, 2)]!));
  const inner = random.uniform() < 0.6 ? 1 : Math.floor(2 ** random.uniform(1, [4, 14][random.integer(0, 1)]!));
  const outer = Math.max(1, Math.floor(size / (n * inner)));
  const shape = inner === 1 && random.uniform() < 0.5 ? [outer, n] : [outer, n, inner];
  return {shape, axis: 1};
}

function drawOp(random: Random, x: tf.Tensor, shape: number[], axis: number): [string, tf.Tensor] {
  const {softmax, logSoftmax, logSumExp, softmaxVjp, logSoftmaxJvp, logSoftmaxVjp, softmaxCrossEntropy} = family;
  const scale = [1, 1, 0.5, 0.3][random.integer(0, 3)]!;
  const forward: Record<string, (t: tf.Tensor, a: number, o: object) => tf.Tensor> = {
    ...{softmax, logSoftmax},
    logSumExp: (t, a, o) => logSumExp(t, a, false, o),
  };
  const kind = (['softmax', 'logSoftmax', 'logSumExp'] as const)[random.integer(0, 2)]!;
  const rows = shape.filter((_, d) => d !== axis);
  const vector = () => tf.tensor(random.normals(x.size, 1), shape);
  const classes = () =>
    tf.tensor(
      Int32Array.from({length: x.size / shape[axis]!}, () => random.integer(0, shape[axis]! - 1)),
      rows,
      'int32',
    );
  const reduction = (['none', 'mean', 'sum'] as const)[random.integer(0, 2)]!;
  switch (random.integer(0, 8)) {
    case 0:
    case 1:
      return [`${kind}, scale ${scale}`, forward[kind](x, axis, {scale})];
    case 2: {
      const maskShape = shape.map((d) => (random.uniform() < 0.4 ? 1 : d));
      const flags = Uint8Array.from({length: maskShape.reduce((a, b) => a * b)}, () => Number(random.uniform() < 0.7));
      const mask = tf.tensor(flags, maskShape, 'bool');
      return [`${kind}, scale ${scale}, mask [${maskShape}]`, forward[kind](x, axis, {scale, mask})];
    }
    case 3:
      return ['softmaxVjp', softmaxVjp(x, vector(), axis)];
    case 4:
      return ['logSoftmaxVjp', logSoftmaxVjp(x, vector(), axis)];
    case 5:
      return ['logSoftmaxJvp', logSoftmaxJvp(x, vector(), axis)];
    case 6:
      return [`loss of classes, ${reduction}`, softmaxCrossEntropy(classes(), x, {axis, reduction})];
    case 7:
      return [`loss of distributions, ${reduction}`, softmaxCrossEntropy(tf.abs(vector()), x, {axis, reduction})];
    default: {
      const labels = classes();
      const options = {axis, reduction, labelSmoothing: 0.1};
      return [`gradient of the loss, ${reduction}`, tf.grad((t) => softmaxCrossEntropy(labels, t, options))(x)];
    }
  }
}
