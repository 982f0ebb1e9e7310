import * as reference from '../../../kernels/reference';
import {LABELS} from '../../cases/labels';
import {MASKS} from '../../cases/masks';
import {Random} from '../../cases/random';
import {SPECIAL} from '../../cases/special';
import {type BrowserPage, open} from '../../hosts/browser';
import {type BrowserHost, inBrowser} from '../../hosts/in_browser';
import type {Functions as DispatcherFunctions} from '../../pages/dispatcher';
import type {Functions} from '../../pages/webgl';
import {ulpError, ulpErrorAboveOne, worst} from '../../ulp';

const WEBGL_1 = {WEBGL_VERSION: 1};

/** Where there is no WebGL 2, as on some iPhones: tfjs's ops stay as they are, those called by name are right all the same. */
describe('on WebGL 1', () => {
  let host: BrowserHost;
  beforeAll(async () => {
    host = await inBrowser('webgl', {environment: WEBGL_1});
  });
  afterAll(() => host.close());

  test('the report says what runs', () => {
    expect(host.name).toMatch(/the shaders need WebGL 2.*called by name are computed on the CPU/);
  });

  test.each(SPECIAL)('special values: $name', async ({row, ...expected}) => {
    const call = {shape: [1, row.length], logits: Float32Array.from(row)};
    for (const op of ['softmax', 'logSoftmax'] as const) {
      const {values, leaked} = await host.run({op, ...call});
      expect(worst(values, expected[op], ulpErrorAboveOne).error).toBeLessThanOrEqual(4);
      expect(leaked).toEqual({tensors: 0, buffers: 0});
    }
    const {values} = await host.run({op: 'logSumExp', ...call});
    expect(ulpErrorAboveOne(values[0]!, expected.logSumExp)).toBeLessThanOrEqual(2);
  });

  test.each(MASKS.slice(0, 6))('masks: $name', async ({shape, axis, scale, values, mask, keep}) => {
    const {values: actual} = await host.run({op: 'softmax', shape, axis, scale, logits: values, mask});
    const scaled = Float64Array.from(values, (x) => x * scale);
    const exact = reference.alongAxis(
      shape,
      (axis + shape.length) % shape.length,
      [scaled, keep],
      reference.masked.softmax,
    );
    expect(worst(actual, exact, ulpError).error).toBeLessThanOrEqual(4);
  });

  test.each([0, 1, 2])('gradients along axis %i', async (axis) => {
    const [random, shape] = [new Random(3), [4, 9, 5]];
    const logits = Float32Array.from({length: 180}, () => random.normal(3));
    const vector = Float32Array.from({length: 180}, () => random.normal(1));
    const {values} = await host.run({op: 'gradLogSoftmax', shape, axis, logits, vector});
    const exact = reference.alongAxis(shape, axis, [logits, vector], (x, v) =>
      reference.logSoftmaxVjp(reference.softmax(x), v),
    );
    expect(worst(values, exact, ulpErrorAboveOne).error).toBeLessThanOrEqual(20);
  });

  test.each(LABELS.slice(0, 4))('cross-entropy: $name', async ({shape, axis, values, labels, smoothing, q}) => {
    const call = {shape, axis, logits: values, labels, smoothing};
    const exact = reference.alongAxis(shape, axis, [values, q], (x, l) => [reference.crossEntropy(x, l)]);
    const losses = await host.run({op: 'crossEntropy', ...call});
    expect(worst(losses.values, exact, ulpErrorAboveOne).error).toBeLessThanOrEqual(4);
    const vector = Float32Array.from(exact, () => 1);
    const gradient = await host.run({op: 'gradCrossEntropy', ...call, vector});
    const exactGradient = reference.alongAxis(shape, axis, [values, q], reference.crossEntropyGradient);
    expect(worst(gradient.values, exactGradient, ulpErrorAboveOne).error).toBeLessThanOrEqual(4);
  });
});

test("on WebGL 1 install() leaves tfjs's ops, and says so", async () => {
  const page: BrowserPage<Functions> = await open({entry: 'spec/pages/webgl.ts'});
  await page.run('start', {flags: WEBGL_1});
  const {report, kernels, sum} = await page.run('installed', {shape: [4, 300]});
  expect(kernels).toEqual([]);
  expect(sum).toBeCloseTo(4, 4);
  expect(report.notRouted.map(({name}) => name)).toEqual(report.routed.map((ops) => `${ops} on webgl`));
  for (const {reason} of report.notRouted) expect(reason).toMatch(/this is WebGL 1, and the shaders need WebGL 2/);
  await page.close();
});

test('on WebGL 1 rankings do not count on shaders, and say so', async () => {
  const page: BrowserPage<DispatcherFunctions> = await open({entry: 'spec/pages/dispatcher.ts'});
  await page.run('setFlags', WEBGL_1);
  await page.run('activate', 'webgl');
  const {text} = await page.run('rank', {
    workload: {op: 'softmax', shape: [64, 1000]},
    options: {candidates: ['webgl', 'cpu']},
  });
  expect(text).toMatch(/this is WebGL 1, and the shaders need WebGL 2/);
  await page.close();
});
