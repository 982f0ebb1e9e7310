/**
 * What the webgpu backend does on a GPU in hardware, in plain Node by Dawn: `npm run bench:gpu` bundles this into one file.
 *
 *     DAWN=/path/to/dawn.node node bench-gpu/webgpu.cjs > webgpu.json
 *
 * Prints JSON: the adapter; for each shape stock's ops and ours, and for softmax every plan that could serve it, so that
 * the thresholds in plan.ts can be chosen; the error of each result; what a launch costs. LIMIT_SECONDS is the limit, 100 by
 * default, after which the rest is left out and said to be; CASES=tiny is for trying it out on a GPU in software.
 */
import './dawn';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import {adapterName, hardwareOf, pretendHardware} from '../../backends/webgpu/hardware';
import {layOut, planFor, type Shape} from '../../backends/webgpu/plan';
import {product} from '../../backends/webgpu/product';
import {logSoftmax, logSumExp, softmax, softmaxCrossEntropy} from '../../index';
import * as reference from '../../kernels/reference';
import {rowsAlong} from '../../kernels/rows';
import {ulpError, worst} from '../../spec/ulp';
import {keepLaunches} from '../../tfjs/webgpu_launch';
import {CASES, type Case, shapesFor, TINY} from './cases';
import {finished, gpuTime, interleaved} from './clock';

const started = performance.now();
const LIMIT_MS = Number(process.env.LIMIT_SECONDS ?? 100) * 1e3;
const tiny = process.env.CASES === 'tiny';
const [ROUNDS, ROUND_MS, SAMPLES] = tiny ? [2, 1, 1] : [5, 6, 5];
const timeIsUp = () => performance.now() - started > LIMIT_MS;

/** Logits on the GPU, without a copy of that size in JavaScript: normal ones, repeated with a period of some 2^18. */
function logitsOf(shape: number[]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  return tf.tidy(() => {
    const base = tf.randomNormal([Math.min(size, 262139)], 0, 3, 'float32', 7);
    const times = Math.ceil(size / base.size);
    const long = times === 1 ? base : tf.tile(base, [times]);
    return tf.add(tf.reshape(tf.slice(long, [0], [size]), shape), 0);
  });
}

const ROWS = {softmax: reference.softmax, logSoftmax: reference.logSoftmax};

/** The worst error in ULP in the first, the middle and the last row, or NaN if there is a fault. */
async function errorOf(op: keyof typeof ROWS, y: tf.Tensor, x: tf.Tensor, axis: number): Promise<number> {
  const {outer, n, inner} = rowsAlong(x.shape, axis);
  let error = 0;
  for (const o of new Set([0, Math.floor(outer / 2), outer - 1])) {
    const part = (t: tf.Tensor) =>
      tf.tidy(() => tf.reshape(tf.slice(tf.reshape(t, [outer, n, inner]), [o, 0, inner - 1], [1, n, 1]), [n]));
    const [logits, result] = [part(x), part(y)];
    const exact = ROWS[op](await logits.data());
    error = Math.max(error, worst(await result.data(), exact, ulpError).error);
    tf.dispose([logits, result]);
  }
  return Number(error.toPrecision(3));
}

/** The plan of that shape, as people would write it. */
function nameOf({vector, rows, threads, held, split}: Shape): string {
  const how = split ? `split ${held}` : held > 0 ? `held ${held}` : 'walked';
  return `${rows}x${threads} vec${vector} ${how}`;
}

type Json = Record<string, unknown>;

async function opsOf({shape, axis, all}: Case, x: tf.Tensor): Promise<Json> {
  const lastAxis = axis === shape.length - 1;
  const v = all ? tf.tidy(() => tf.mul(x, 0.5)) : x;
  const gradient = (f: (t: tf.Tensor) => tf.Tensor) => () => tf.tidy(() => tf.grad(f)(x, v));
  const rows = tf.util.sizeFromShape(shape) / shape[axis]!;
  const classes = tf.tensor1d(
    Int32Array.from({length: rows}, (_, i) => i % shape[axis]!),
    'int32',
  );
  const classesOfRows = tf.reshape(
    classes,
    shape.filter((_, i) => i !== axis),
  );
  const candidates: Record<string, () => tf.Tensor> = {
    neg: () => tf.neg(x),
    ...(lastAxis && {'stock softmax': () => tf.softmax(x)}),
    softmax: () => softmax(x, axis),
    ...(all && {
      ...(lastAxis && {
        'stock logSoftmax': () => tf.logSoftmax(x),
        'stock gradient of softmax': gradient((t) => tf.softmax(t)),
        'stock gradient of logSoftmax': gradient((t) => tf.logSoftmax(t)),
      }),
      logSoftmax: () => logSoftmax(x, axis),
      'stock logSumExp': () => tf.logSumExp(x, axis),
      logSumExp: () => logSumExp(x, axis),
      'gradient of softmax': gradient((t) => softmax(t, axis)),
      'gradient of logSoftmax': gradient((t) => logSoftmax(t, axis)),
      crossEntropy: () => softmaxCrossEntropy(classesOfRows, x, {axis}),
      'gradient of crossEntropy': () => tf.tidy(() => tf.grad((t) => softmaxCrossEntropy(classesOfRows, t, {axis}))(x)),
    }),
  };
  const times = await interleaved(candidates, ROUNDS, ROUND_MS);
  const onGpu: Json = {};
  for (const name of [
    'neg',
    'stock softmax',
    'softmax',
    'logSoftmax',
    'gradient of softmax',
    'gradient of logSoftmax',
  ]) {
    if (candidates[name]) onGpu[name] = await gpuTime(candidates[name]!, SAMPLES);
  }
  const errors: Json = {};
  for (const [name, op] of [
    ['stock softmax', 'softmax'],
    ['softmax', 'softmax'],
    ['stock logSoftmax', 'logSoftmax'],
    ['logSoftmax', 'logSoftmax'],
  ] as const) {
    if (!candidates[name]) continue;
    const y = candidates[name]!();
    errors[name] = await errorOf(op, y, x, axis);
    y.dispose();
  }
  tf.dispose([classes, classesOfRows, ...(all ? [v] : [])]);
  return {plan: planFor(rowsAlong(shape, axis), hardwareOf(backend())), microseconds: times, onGpu, ulp: errors};
}

/** softmax, or a product, by every plan that could serve these rows: what it takes, and the error. */
async function plansOf({shape, axis}: Case, x: tf.Tensor, op: 'softmax' | 'product'): Promise<Json[]> {
  const rows = rowsAlong(shape, axis);
  const hardware = hardwareOf(backend());
  const found: Json[] = [];
  const y = softmax(x, axis);
  const ofY = () => {
    const info = product({kind: 'softmaxProduct', y, v: x, rows, factor: 1}, backend());
    return tf.engine().makeTensorFromTensorInfo(info);
  };
  const f = op === 'softmax' ? () => softmax(x, axis) : ofY;
  for (const chosen of shapesFor(rows, hardware.threads)) {
    if (timeIsUp()) {
      found.push({leftOut: 'time is up'});
      break;
    }
    pretendHardware(backend(), {choose: () => chosen});
    const first = f();
    const ulp = op === 'softmax' ? await errorOf('softmax', first, x, axis) : undefined;
    first.dispose();
    const {variant, parts} = layOut(rows, chosen, hardware);
    const onGpu = await gpuTime(f, SAMPLES);
    const {wall} = (await interleaved({f}, 2, ROUND_MS)).f!;
    found.push({plan: nameOf(chosen), variant, parts, onGpu, wall, ulp});
  }
  y.dispose();
  pretendHardware(backend(), {choose: undefined});
  return found.sort((a, b) => Number(a.wall ?? Infinity) - Number(b.wall ?? Infinity));
}

/** What a launch costs, of a tensor so small that the GPU does not count. */
async function launches(): Promise<Json> {
  const x = logitsOf([64, 1000]);
  const y = softmax(x);
  const step = (f: (t: tf.Tensor) => tf.Tensor) => () => tf.tidy(() => tf.grad(f)(x));
  const withKept = (keep: boolean) => () => {
    keepLaunches(backend(), keep);
    return softmax(x);
  };
  const kept = await interleaved(
    {
      neg: () => tf.neg(x),
      'stock softmax': () => tf.softmax(x),
      softmax: () => softmax(x),
      'stock gradient of softmax': step((t) => tf.softmax(t)),
      'gradient of softmax': step((t) => softmax(t)),
    },
    15,
    20,
  );
  withKept(false)().dispose();
  const byTfjs = await interleaved(
    {'stock softmax again': () => tf.softmax(x), 'softmax, launched by tfjs': () => softmax(x)},
    15,
    20,
  );
  withKept(true)().dispose();
  tf.dispose([x, y]);
  return {...kept, ...byTfjs};
}

function caseName({shape, axis}: Case): string {
  return `${shape.join('x')}${axis === shape.length - 1 ? '' : ` axis ${axis}`}`;
}

function backend(): WebGPUBackend {
  return tf.backend() as WebGPUBackend;
}

async function main(): Promise<void> {
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  await tf.setBackend('webgpu');
  const {device} = backend();
  const complaints: string[] = [];
  device.onuncapturederror = ({error}) => {
    complaints.push(error.message.slice(0, 500));
  };
  if (process.env.HARDWARE !== 'as it is') pretendHardware(backend(), {software: false});
  const {
    maxStorageBufferBindingSize,
    maxBufferSize,
    maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupStorageSize,
  } = device.limits;
  const report: Json = {
    date: new Date().toISOString(),
    adapter: {
      name: adapterName(backend()),
      info: await adapterInfo(),
      limits: {
        maxStorageBufferBindingSize,
        maxBufferSize,
        maxComputeInvocationsPerWorkgroup,
        maxComputeWorkgroupStorageSize,
      },
      hardware: hardwareOf(backend()),
    },
    launches: await launches(),
  };
  const all = (tiny ? TINY : CASES).map((one) => ({one, report: {name: caseName(one)} as Json}));
  // First what tells most, then as many plans as the time allows.
  const passes: [string, (one: Case, x: tf.Tensor) => Promise<Json>][] = [
    ['ops', opsOf],
    ['plans', async (one, x) => ({plans: await plansOf(one, x, 'softmax')})],
    ['plans of products', async (one, x) => (one.products ? {plansOfProduct: await plansOf(one, x, 'product')} : {})],
  ];
  for (const [pass, measure] of passes) {
    for (const {one, report} of all) {
      const begun = performance.now();
      if (timeIsUp()) {
        report[`${pass} left out`] = 'time is up';
        continue;
      }
      const x = logitsOf(one.shape);
      try {
        Object.assign(report, await measure(one, x));
      } catch (error) {
        report[`${pass} failed`] = String(error);
      }
      x.dispose();
      await finished();
      forgetBuffers();
      process.stderr.write(`${pass} of ${report.name}: ${Math.round(performance.now() - begun)} ms\n`);
    }
  }
  report.cases = all.map((each) => each.report);
  report.complaints = complaints;
  report.seconds = Math.round((performance.now() - started) / 1e3);
  process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
}

/** tfjs keeps every buffer for a tensor of its size, which for all these shapes is more than a GPU has. */
function forgetBuffers(): void {
  const {freeBuffers} = backend().bufferManager as unknown as {freeBuffers: Map<string, GPUBuffer[]>};
  for (const buffers of freeBuffers.values()) for (const buffer of buffers) buffer.destroy();
  freeBuffers.clear();
  keepLaunches(backend(), true);
}

async function adapterInfo(): Promise<Json> {
  const {vendor, architecture, device, description} = (await navigator.gpu.requestAdapter())!.info;
  return {vendor, architecture, device, description};
}

main();
