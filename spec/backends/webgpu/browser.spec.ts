import * as reference from '../../../kernels/reference';
import {ADVERSARIAL} from '../../cases/logits';
import {SPECIAL} from '../../cases/special';
import {type BrowserPage, open} from '../../hosts/browser';
import type {Functions} from '../../pages/webgpu';
import {ulpError, ulpErrorAboveOne, worst} from '../../ulp';

/** Chromium's WebGPU is Dawn as well, in another process and with checks of its own: a few of the cases, to see that it runs. */
let page: BrowserPage<Functions>;
beforeAll(async () => {
  page = await open<Functions>({
    entry: 'spec/pages/webgpu.ts',
    flags: [
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--use-vulkan=swiftshader',
      '--enable-features=Vulkan',
      '--disable-vulkan-surface',
    ],
  });
});
afterAll(() => page.close());

test('enableWebGPU() reports what the browser has', async () => {
  expect(await page.run('start', undefined)).toMatchObject({by: 'host', registered: true, softwareGpu: true});
});

const NAMES = ['uniform on (-50, 50)', 'offset 1e6', 'confident by degrees', 'rows of 21', 'prime 1009'];

test.each(ADVERSARIAL.filter(({name}) => NAMES.includes(name)))('$name', async ({shape, values: logits}) => {
  for (const [op, f, bound] of [
    ['softmax', reference.softmax, 6],
    ['logSoftmax', reference.logSoftmax, 5],
  ] as const) {
    const {values, backend, leaked} = await page.run('run', {op, shape, logits});
    expect({backend, leaked}).toEqual({backend: 'webgpu', leaked: {tensors: 0, buffers: 0}});
    expect(worst(values, reference.alongAxis(shape, 1, [logits], f), ulpError).error).toBeLessThanOrEqual(bound);
  }
});

test.each(SPECIAL)('$name', async ({row, softmax, logSoftmax}) => {
  const call = {shape: [row.length], logits: Float32Array.from(row)};
  const bound = 5;
  const {values} = await page.run('run', {op: 'softmax', ...call});
  expect(worst(values, softmax, ulpErrorAboveOne).error).toBeLessThanOrEqual(bound);
  const logs = await page.run('run', {op: 'logSoftmax', ...call});
  expect(worst(logs.values, logSoftmax, ulpErrorAboveOne).error).toBeLessThanOrEqual(bound);
});

test('gradients, class indices, and a result that is read at once', async () => {
  const logits = Float32Array.from({length: 60}, (_, i) => Math.sin(7 * i));
  const vector = Float32Array.from({length: 60}, (_, i) => Math.cos(5 * i));
  const {values} = await page.run('run', {op: 'gradSoftmax', shape: [3, 5, 4], axis: 1, logits, vector});
  const exact = reference.alongAxis([3, 5, 4], 1, [logits, vector], (x, v) =>
    reference.softmaxProduct(reference.softmax(x), v),
  );
  expect(worst(values, exact, ulpErrorAboveOne).error).toBeLessThan(4);
  const labels = {shape: [6], values: Int32Array.of(0, 9, 3, 3, 1, 2)};
  const losses = await page.run('run', {op: 'crossEntropy', shape: [6, 10], logits, labels, smoothing: 0} as never);
  const rows = Array.from({length: 6}, (_, i) => Array.from(logits.subarray(10 * i, 10 * i + 10)));
  const exactLosses = rows.map((row, i) =>
    reference.crossEntropy(
      row,
      row.map((_, j) => Number(j === labels.values[i])),
    ),
  );
  expect(worst(losses.values, exactLosses, ulpError).error).toBeLessThan(7);
  const [first] = await page.run('readAtOnce', Float32Array.of(1, 1));
  expect(first).toBe(0.5);
  expect(await page.run('complaints', undefined)).toEqual([]);
});

test('in a worker the dispatcher finds webgl and webgpu, and both compute', async () => {
  const {inWorker, out, results} = (await page.run('inWorker', 'gpus')) as Awaited<ReturnType<Functions['gpus']>>;
  expect(inWorker).toBe(true);
  expect(Object.fromEntries(out)).toEqual({webgl: null, webgpu: null});
  const half = Float32Array.of(0.5, 0.5, 0);
  expect(results).toEqual({webgl: half, webgpu: half});
});
