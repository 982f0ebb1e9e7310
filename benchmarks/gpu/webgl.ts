/**
 * A page that measures the webgl kernels on the GPU of whatever machine opens it, and POSTs what it finds: JSON to
 * /report, one object each time, and to /done at the end. `webgl_build.mjs` builds it.
 *
 * First what it runs on; then a table of shapes with tf.neg, stock and ours; then ways to cut reductions, from which the
 * constants of backends/webgl/plan.ts were chosen. Microseconds a call: candidates take turns, a sample is several calls
 * and one element read back, figures are medians with 20th and 80th percentiles. Each result is compared with float64
 * in three rows.
 *
 * In the address: ?seconds=90 for all of it, ?largest=1e9 elements of a tensor, ?parts=table,sweep.
 */
import '@tensorflow/tfjs-backend-webgl';
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import {type Device, deviceOf, pretendDevice} from '../../backends/webgl/device';
import {type Cut, cutInWords, FOR_HARDWARE, planInWords, planReduction, tryCut} from '../../backends/webgl/plan';
import {logSoftmax, logSumExp, softmax} from '../../index';
import * as reference from '../../kernels/reference';
import {ulpError, worst} from '../../spec/ulp';
import {summary} from '../suite/statistics';

type Shape = [rows: number, n: number];
type Run = (x: tf.Tensor2D, v: tf.Tensor2D) => tf.Tensor;

const SHAPES: Shape[] = [
  [64, 1000],
  [64, 1009],
  [1024, 128],
  [4096, 128],
  [12288, 128],
  [4096, 8],
  [65536, 21],
  [1, 50257],
  [128, 32000],
  [4096, 1024],
  [4096, 4096],
  [1024, 50257],
  [16, 1000000],
];

const SWEPT: Shape[] = [
  [64, 1000],
  [16, 1000],
  [256, 512],
  [8, 128],
  [1024, 128],
  [4096, 128],
  [1024, 1000],
  [4096, 1024],
  [4096, 4096],
  [1, 50257],
  [128, 32000],
  [1024, 50257],
];

const RUNS = {
  neg: (x) => tf.neg(x),
  stockSoftmax: (x) => tf.softmax(x),
  softmax: (x) => softmax(x),
  stockLogSoftmax: (x) => tf.logSoftmax(x),
  logSoftmax: (x) => logSoftmax(x),
  logSumExp: (x) => logSumExp(x), // the reduction without a map
  stockGradSoftmax: (x, v) => tf.grad((t: tf.Tensor) => tf.softmax(t))(x, v),
  gradSoftmax: (x, v) => tf.grad((t: tf.Tensor) => softmax(t))(x, v),
  stockGradLogSoftmax: (x, v) => tf.grad((t: tf.Tensor) => tf.logSoftmax(t))(x, v),
  gradLogSoftmax: (x, v) => tf.grad((t: tf.Tensor) => logSoftmax(t))(x, v),
} satisfies Record<string, Run>;

/** Each constant of the cut as it is, and above and below. */
const CUTS: Record<string, Cut | 'software'> = {
  asForSoftware: 'software',
  asIs: FOR_HARDWARE,
  ...varied('elementsPerFragment', [32, 128, 256, 512]),
  ...varied('fragments', [8192, 65536]),
  ...varied('longest', [64, 256, 1024]),
  ...varied('leftToMap', [1, 8]),
  ...varied('merged', [256]),
};

function varied<K extends keyof Cut>(constant: K, values: Cut[K][]): Record<string, Cut> {
  return Object.fromEntries(values.map((value) => [`${constant} ${value}`, {...FOR_HARDWARE, [constant]: value}]));
}

const options = new URLSearchParams(location.search);
const seconds = Number(options.get('seconds') ?? 90);
const largest = Number(options.get('largest') ?? Number.POSITIVE_INFINITY);
const parts = (options.get('parts') ?? 'table,sweep').split(',');

async function post(path: string, what: object): Promise<void> {
  await fetch(path, {method: 'POST', body: JSON.stringify(what)});
}

async function main(): Promise<void> {
  await tf.setBackend('webgl');
  const device = deviceOf(tf.backend() as MathBackendWebGL);
  await post('/report', {
    what: 'machine',
    renderer: device.renderer,
    software: device.software,
    userAgent: navigator.userAgent,
    cores: navigator.hardwareConcurrency,
    isolated: crossOriginIsolated,
    float32: tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED'),
    maxTextureSize: tf.env().getNumber('WEBGL_MAX_TEXTURE_SIZE'),
    cut: cutInWords(device),
    date: new Date().toISOString(),
  });
  const fits = ([rows, n]: Shape) => rows * n <= largest;
  const share = (seconds * 1000) / parts.length;
  if (parts.includes('table')) await each(SHAPES.filter(fits), share, (shape, ms) => table(shape, ms, device));
  if (parts.includes('sweep')) await each(SWEPT.filter(fits), share, (shape, ms) => sweep(shape, ms, device));
}

/** Measures one shape after the other, each with its part of what is left of the time, and reports it. */
async function each(shapes: Shape[], ms: number, measure: (shape: Shape, ms: number) => Promise<object>) {
  const end = performance.now() + ms;
  for (const [i, shape] of shapes.entries()) {
    const result = await measure(shape, (end - performance.now()) / (shapes.length - i)).catch((error) => ({
      shape: shape.join('x'),
      error: String(error),
    }));
    await post('/report', result);
  }
}

async function table([rows, n]: Shape, ms: number, device: Device): Promise<object> {
  return withInputs([rows, n], async (x, v, values) => {
    const candidates = Object.entries(RUNS).map(([name, run]) => ({name, call: () => run(x, v)}));
    const figures = await interleaved(candidates, ms);
    const ulp: Record<string, number | string> = {};
    for (const op of ['softmax', 'logSoftmax', 'gradSoftmax', 'gradLogSoftmax'] as const) {
      ulp[op] = await errorOf(op, RUNS[op], x, v, values);
    }
    const plan = planOf([rows, n], device);
    return {what: 'table', shape: `${rows}x${n}`, plan, us: figures, ulp};
  });
}

async function sweep([rows, n]: Shape, ms: number, device: Device): Promise<object> {
  return withInputs([rows, n], async (x, v, values) => {
    const plans: Record<string, string> = {};
    const wrong: Record<string, number | string> = {};
    const tried = Object.entries(CUTS).flatMap(([name, cut]) => {
      const plan = withCut(cut, () => planOf([rows, n], {renderer: '', software: cut === 'software'}));
      if (name !== 'asIs' && Object.values(plans).includes(plan)) return []; // the same as another
      plans[name] = plan;
      return [{name, cut}];
    });
    const us: Record<string, object> = {};
    const ops = ['softmax', 'gradSoftmax', 'gradLogSoftmax'] as const;
    for (const op of ops) {
      const candidates = tried.map(({name, cut}) => ({name, call: () => withCut(cut, () => RUNS[op](x, v))}));
      us[op] = await interleaved(candidates, ms / ops.length);
      for (const {name, cut} of tried) {
        const error = await errorOf(op, (a, b) => withCut(cut, () => RUNS[op](a, b)), x, v, values);
        if (!(Number(error) <= 10)) wrong[`${op}, ${name}`] = error;
      }
    }
    return {what: 'sweep', shape: `${rows}x${n}`, software: device.software, plans, us, wrong};
  });
}

function withCut<T>(cut: Cut | 'software', action: () => T): T {
  pretendDevice({renderer: 'tried', software: cut === 'software'});
  tryCut(cut === 'software' ? null : cut);
  try {
    return action();
  } finally {
    pretendDevice(null);
    tryCut(null);
  }
}

function planOf([rows, n]: Shape, device: Device): string {
  const size = {pairs: Math.ceil(rows / 2), n, elements: rows * n};
  return planInWords(planReduction(size, 'map', device), size);
}

/** How often a sample repeats a call: until it takes so many milliseconds, if the time allows. */
const SAMPLE_MS = 16;

interface Candidate {
  name: string;
  call: () => tf.Tensor;
}

async function interleaved(candidates: Candidate[], ms: number): Promise<Record<string, object | string>> {
  const end = performance.now() + ms;
  const states = candidates.map(({name, call}) => ({name, call, calls: 1, times: [] as number[], failed: ''}));
  for (const state of states) {
    try {
      // The first call compiles. Then the calls double until a sample is long: of a short one most would be the wait.
      await sample(state.call, 1);
      const most = ms / candidates.length / 8;
      for (let took = 0; took < Math.min(SAMPLE_MS, most) && state.calls < 1024; ) {
        state.calls *= 2;
        took = state.calls * (await sample(state.call, state.calls));
      }
    } catch (error) {
      state.failed = String(error).slice(0, 200);
    }
  }
  for (let round = 0; round < 3 || (performance.now() < end && round < 25); round++) {
    for (const state of states) {
      if (state.failed) continue;
      state.times.push(1000 * (await sample(state.call, state.calls)));
    }
    if (performance.now() > end + ms) break;
  }
  return Object.fromEntries(
    states.map(({name, times, failed}) => {
      const {median, p20, p80, samples} = summary(times);
      return [name, failed || {median: round(median), p20: round(p20), p80: round(p80), samples}];
    }),
  );
}

/** Milliseconds a call, the last of which is waited for. */
async function sample(call: () => tf.Tensor, calls: number): Promise<number> {
  const start = performance.now();
  let result = call();
  for (let i = 1; i < calls; i++) {
    result.dispose();
    result = call();
  }
  const one = tf.slice(
    result,
    result.shape.map(() => 0),
    result.shape.map(() => 1),
  );
  one.dataSync();
  const ms = (performance.now() - start) / calls;
  tf.dispose([one, result]);
  return ms;
}

function round(us: number): number {
  return Number(us.toPrecision(4));
}

interface Values {
  x: Float32Array;
  v: Float32Array;
}

/** Logits and a vector of that shape, as ops leave them: in packed textures. */
async function withInputs<T>(
  [rows, n]: Shape,
  use: (x: tf.Tensor2D, v: tf.Tensor2D, values: Values) => Promise<T>,
): Promise<T> {
  const values = {x: normal(rows * n, 1), v: normal(rows * n, 2)};
  const given = [tf.tensor2d(values.x, [rows, n]), tf.tensor2d(values.v, [rows, n])] as const;
  const [x, v] = [tf.mul(given[0], 1) as tf.Tensor2D, tf.mul(given[1], 1) as tf.Tensor2D];
  tf.dispose([...given]);
  try {
    return await use(x, v, values);
  } finally {
    tf.dispose([x, v]);
  }
}

/** Normal numbers, sigma 3: a block of them over and over, of a length that no row has. */
function normal(size: number, seed: number): Float32Array {
  const block = Float32Array.from({length: Math.min(size, 100_003)}, (_, i) => {
    const at = i * 2 + seed * 1_000_003;
    const [a, b] = [hash(at), hash(at + 1)];
    return 3 * Math.sqrt(-2 * Math.log(a)) * Math.cos(2 * Math.PI * b);
  });
  const values = new Float32Array(size);
  for (let at = 0; at < size; at += block.length) values.set(block.subarray(0, size - at), at);
  return values;
}

/** A number in (0, 1) for an integer. */
function hash(i: number): number {
  let h = Math.imul(i ^ (i >>> 16), 0x45d9f3b);
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return (((h ^ (h >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}

/** The worst error in three rows: in ULP, or for a gradient in 2^-24 of |y||v| + |y| Σ|y·v|, or of |v| + |y| Σ|v|. */
async function errorOf(op: string, run: Run, x: tf.Tensor2D, v: tf.Tensor2D, values: Values) {
  let result: tf.Tensor | undefined;
  try {
    result = run(x, v);
    const [rows, n] = x.shape;
    let error = 0;
    for (const row of new Set([0, rows >> 1, rows - 1])) {
      const slice = tf.slice(result, [row, 0], [1, n]);
      const actual = await slice.data();
      slice.dispose();
      const [logits, vector] = [values.x, values.v].map((all) => all.subarray(row * n, (row + 1) * n));
      error = Math.max(error, rowError(op, actual, logits!, vector!));
    }
    return round(error);
  } catch (failure) {
    return String(failure).slice(0, 200);
  } finally {
    result?.dispose();
  }
}

function rowError(op: string, actual: ArrayLike<number>, x: Float32Array, v: Float32Array): number {
  if (op === 'softmax') return worst(actual, reference.softmax(x), ulpError).error;
  if (op === 'logSoftmax') return worst(actual, reference.logSoftmax(x), ulpError).error;
  const y = reference.softmax(x);
  const exact = op === 'gradSoftmax' ? reference.softmaxProduct(y, v) : reference.logSoftmaxVjp(y, v);
  const weight = op === 'gradSoftmax' ? (i: number) => y[i]! : () => 1;
  const total = v.reduce((sum, vi, i) => sum + weight(i) * Math.abs(vi), 0);
  const scale = (i: number) => (weight(i) * Math.abs(v[i]!) + y[i]! * total) * 2 ** -24;
  return worst(actual, exact, (a, e, i) => Math.abs(a - e) / scale(i)).error;
}

const started = performance.now();
main()
  .catch((error) => post('/report', {what: 'failure', error: String(error)}))
  .then(() => post('/done', {seconds: (performance.now() - started) / 1000}));
