import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {pretendHardware} from '../../../backends/webgpu/hardware';
import {
  install,
  logSoftmax,
  logSumExp,
  softmax,
  softmaxCrossEntropy,
  softmaxInverse,
  softmaxVjp,
  uninstall,
} from '../../../index';
import * as reference from '../../../kernels/reference';
import {keepLaunches, keptCounts} from '../../../tfjs/webgpu_launch';
import {NEVER_ON_THE_CPU, startWebGPU, uncapturedErrors, watchDispatches} from '../../hosts/webgpu';
import {ulpErrorAboveOne, worst} from '../../ulp';

let backend: WebGPUBackend;
beforeAll(async () => {
  backend = await startWebGPU(NEVER_ON_THE_CPU);
  // Few threads: each that waits for others costs a software GPU more than all else.
  pretendHardware(backend, {software: false, threads: 64});
});
afterEach(() => {
  expect(uncapturedErrors()).toEqual([]);
});

/** On the GPU, as what another op made. */
const onGpu = (shape: number[]): tf.Tensor => tf.tidy(() => tf.add(tf.randomNormal(shape), 0));

async function dispatchesOf(run: () => tf.Tensor): Promise<string[]> {
  const {dispatched, stop} = watchDispatches();
  const result = run();
  stop();
  await result.data();
  result.dispose();
  return dispatched;
}

describe('dispatches', () => {
  const one = (kernel: string) => [expect.stringMatching(`^${kernel}_whole_`)];
  const two = (kernel: string) => [
    expect.stringMatching(`^${kernel}_part_`),
    expect.stringMatching(`^${kernel}_merge_`),
  ];

  test.each([
    ['short rows', [64, 20], one],
    ['rows in registers', [4, 500], one],
    ['other rows than the last axis has', [3, 40, 5], one],
    ['few and long rows', [1, 5000], two],
  ] as const)('%s', async (_, shape, expected) => {
    const axis = shape.length === 3 ? 1 : -1;
    const x = onGpu([...shape]);
    const y = tf.tidy(() => softmax(x, axis));
    const mask = tf.greater(x, -1);
    expect(await dispatchesOf(() => softmax(x, axis))).toEqual(expected('softmax'));
    expect(await dispatchesOf(() => logSoftmax(x, axis))).toEqual(expected('logSoftmax'));
    expect(await dispatchesOf(() => logSumExp(x, axis))).toEqual(expected('logSumExp'));
    expect(await dispatchesOf(() => softmax(x, axis, {mask}))).toEqual(expected('softmax_mask[0-9]+'));
    expect(await dispatchesOf(() => softmaxVjp(x, y, axis))).toEqual([
      ...expected('softmax'),
      ...expected('softmaxProduct'),
    ]);
    const gradient = tf.grad((t) => softmax(t, axis));
    expect(await dispatchesOf(() => gradient(x, y))).toEqual([...expected('softmax'), ...expected('softmaxProduct')]);

    const rows = x.shape.filter((_, i) => i !== (axis + x.rank) % x.rank);
    const classes = tf.zeros(rows, 'int32');
    const none = {axis, reduction: 'none'} as const;
    expect(await dispatchesOf(() => softmaxCrossEntropy(classes, x, none))).toEqual(expected('sparseCrossEntropy'));
    expect(await dispatchesOf(() => softmaxCrossEntropy(y, x, none))).toEqual(expected('crossEntropy'));
    const mean = (t: tf.Tensor) => softmaxCrossEntropy(y, t, {axis});
    expect(await dispatchesOf(() => mean(x))).toEqual([...expected('crossEntropy'), ...one('total')]);
    // The 1 that backpropagation begins with is no tensor on the GPU, nor is the loss's own value needed again.
    expect(await dispatchesOf(() => tf.grad(mean)(x))).toEqual([
      ...expected('crossEntropy'),
      ...one('total'),
      ...expected('crossEntropyGradient_ofNumber'),
    ]);
    tf.dispose([x, y, mask, classes]);
  });

  test("after install(), tfjs's own ops", async () => {
    const x = onGpu([4, 100]);
    const labels = tf.tidy(() => softmax(x));
    expect(await dispatchesOf(() => tf.softmax(x))).toEqual(['SoftmaxProgram']);
    expect((await dispatchesOf(() => tf.logSoftmax(x))).length).toBeGreaterThanOrEqual(6);
    install();
    expect(await dispatchesOf(() => tf.softmax(x))).toEqual(one('softmax'));
    expect(await dispatchesOf(() => tf.logSoftmax(x))).toEqual(one('logSoftmax'));
    expect(await dispatchesOf(() => tf.logSumExp(x))).toEqual(one('logSumExp'));
    const loss = await dispatchesOf(() => tf.losses.softmaxCrossEntropy(labels, x));
    expect(loss[0]).toMatch(/^crossEntropy_whole_/);
    const product = await dispatchesOf(() => tf.grad((t) => tf.logSoftmax(t))(x, labels));
    expect(product).toEqual([...one('logSoftmax'), ...one('crossEntropyGradient_ofNumber')]);
    uninstall();
    tf.dispose([x, labels]);
  });

  test('integers as logits cost one more, the copy as floats', async () => {
    const x = tf.tidy(() => tf.cast(tf.mul(onGpu([4, 100]), 9), 'int32'));
    expect(await dispatchesOf(() => softmax(x))).toEqual([expect.stringMatching(/Binary/), ...one('softmax')]);
    x.dispose();
  });
});

describe('compiling', () => {
  const compiled = async (run: () => tf.Tensor) => {
    const before = keptCounts(backend)!.pipelines;
    await dispatchesOf(run);
    return keptCounts(backend)!.pipelines - before;
  };

  test.each([[[37]], [[6, 37]], [[400]]])('a new batch size compiles nothing: rows of %p', async (rest) => {
    const run = async (batch: number) => {
      const x = onGpu([batch, ...rest]);
      const count = await compiled(() => softmax(x));
      x.dispose();
      return count;
    };
    await run(64);
    for (const batch of [1, 2, 3, 31, 300]) expect(await run(batch)).toBe(0);
  });

  test('a new scale, factor or mask compiles nothing', async () => {
    const x = onGpu([8, 40]);
    const run = (scale: number, batch: number) => {
      const mask = tf.fill([batch, 40], 1, 'bool' as never);
      return tf.tidy(() => softmax(x, -1, {scale, mask: tf.greater(mask, 0)}));
    };
    await compiled(() => run(2, 8));
    for (const scale of [0.1, -3, 1e-37, 0]) expect(await compiled(() => run(scale, 8))).toBe(0);
    x.dispose();
  });

  test("in tfjs's mode that only compiles, and after it", async () => {
    const x = onGpu([5, 61]);
    tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', true);
    const {dispatched, stop} = watchDispatches();
    logSoftmax(x).dispose();
    stop();
    expect(dispatched).toEqual([]);
    await backend.checkCompileCompletionAsync();
    tf.env().set('WEBGPU_ENGINE_COMPILE_ONLY', false);
    const y = logSoftmax(x);
    const exact = reference.alongAxis([5, 61], 1, [await x.data()], reference.logSoftmax);
    expect(worst(await y.data(), exact, ulpErrorAboveOne).error).toBeLessThan(5);
    tf.dispose([x, y]);
  });
});

describe('what is kept', () => {
  test('many shapes, scales and disposed tensors: right, and bounded', async () => {
    const tensors = tf.memory().numTensors;
    const x = onGpu([8, 12]);
    const values = await x.data();
    for (let i = 0; i < 10_000; i++) {
      const scale = 1 + (i % 5000) / 5000;
      const y = softmax(x, -1, {scale});
      if (i % 997 === 0) {
        const scaled = Float64Array.from(values, (v) => v * scale);
        const exact = reference.alongAxis([8, 12], 1, [scaled], reference.softmax);
        expect(worst(await y.data(), exact, ulpErrorAboveOne).error).toBeLessThan(6);
      }
      y.dispose();
    }
    x.dispose();
    const kept = keptCounts(backend)!;
    expect(Math.max(kept.bindGroups, kept.uniforms)).toBeLessThanOrEqual(2048);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test('calls of changing batch sizes hold no more tensors, and few sizes of what lies between two dispatches', async () => {
    const batches = Array.from({length: 16}, (_, i) => onGpu([i + 1, 5001]));
    const before = {tensors: tf.memory().numTensors, data: backend.numDataIds()};
    const acquired = new Set<number>();
    const {acquireBuffer} = backend.bufferManager;
    backend.bufferManager.acquireBuffer = function (size, usage, ...rest) {
      if (usage & GPUBufferUsage.STORAGE) acquired.add(size);
      return acquireBuffer.call(this, size, usage, ...rest);
    };
    for (let i = 0; i < 160; i++) logSumExp(batches[i % 16]!).dispose();
    backend.bufferManager.acquireBuffer = acquireBuffer;
    // Sixteen results; what lies between is of sizes that are powers of two.
    expect([...acquired].filter((size) => size > 64).length).toBeLessThanOrEqual(5);
    expect({tensors: tf.memory().numTensors, data: backend.numDataIds()}).toEqual(before);
    tf.dispose(batches);
  });

  test('without what is kept, as where the insides of tfjs are others: the same', async () => {
    const x = onGpu([7, 300]);
    const kept = await softmax(x).data();
    keepLaunches(backend, false);
    expect(keptCounts(backend)).toBe(null);
    const {dispatched, stop} = watchDispatches();
    expect(await softmax(x).data()).toEqual(kept);
    stop();
    expect(dispatched).toEqual([expect.stringMatching(/^softmax_whole_/)]);
    keepLaunches(backend, true);
    x.dispose();
  });

  test("a buffer that somebody else owns is not held on to, and tfjs's profiler times us as it does its own", async () => {
    const buffer = backend.device.createBuffer({
      size: 4000,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    backend.device.queue.writeBuffer(
      buffer,
      0,
      Float32Array.from({length: 1000}, (_, i) => Math.sin(i)),
    );
    const x = tf.tensor({buffer, zeroCopy: true} as never, [10, 100], 'float32');
    softmax(x).dispose();
    const {bindGroups} = keptCounts(backend)!;
    softmax(x).dispose();
    expect(keptCounts(backend)!.bindGroups).toBe(bindGroups);
    const {kernels} = await tf.profile(() => softmax(x));
    expect(kernels.map(({name}) => name)).toEqual(['softmax']);
    expect(await kernels[0]!.extraInfo).toMatch(/^softmax_whole_\w+: [\d.e-]+$/);
    x.dispose();
    buffer.destroy();
  });
});

describe('sizes', () => {
  test('a tensor that the device does not bind: an error before anything is queued, and the backend goes on', async () => {
    const x = onGpu([4, 100]);
    pretendHardware(backend, {bytes: 1000});
    const before = tf.memory().numTensors;
    const {dispatched, stop} = watchDispatches();
    for (const run of [softmax, logSumExp, (t: tf.Tensor) => softmaxCrossEntropy(tf.zeros([4], 'int32'), t)]) {
      expect(() => run(x)).toThrow('[4,100] takes 1600 bytes, but this webgpu device binds at most 1000');
    }
    stop();
    expect(dispatched).toEqual([]);
    expect(tf.memory().numTensors).toBe(before + 1); // the labels
    pretendHardware(backend, {bytes: backend.device.limits.maxStorageBufferBindingSize});
    const [y] = await softmax(x).data();
    expect(y).toBeGreaterThan(0);
  });

  test.each([
    ['short', [70000, 3], 1],
    ['other than the last axis has', [2, 3, 35000], 1],
  ])('more than 65,535 rows: %s', async (_, shape, axis) => {
    const x = onGpu(shape);
    const exact = reference.alongAxis(shape, axis, [await x.data()], reference.softmax);
    expect(worst(await softmax(x, axis).data(), exact, ulpErrorAboveOne).error).toBeLessThan(6);
    x.dispose();
  });

  test.each([
    ['in one dispatch', [70, 30]],
    ['in two', [5, 5000]],
  ])('more workgroups than one dimension takes, %s', async (_, shape) => {
    pretendHardware(backend, {grid: 3});
    const x = onGpu(shape);
    const values = await x.data();
    const exact = reference.alongAxis(shape, 1, [values], reference.softmax);
    expect(worst(await softmax(x).data(), exact, ulpErrorAboveOne).error).toBeLessThan(6);
    const sums = reference.alongAxis(shape, 1, [values], (row) => [reference.logSumExp(row)]);
    expect(worst(await logSumExp(x).data(), sums, ulpErrorAboveOne).error).toBeLessThan(2);
    pretendHardware(backend, {grid: backend.device.limits.maxComputeWorkgroupsPerDimension});
    x.dispose();
  });
});

describe('small tensors that were never uploaded, as tfjs is by default', () => {
  beforeAll(() => {
    tf.env().set('WEBGPU_CPU_FORWARD', true);
  });
  afterAll(() => {
    tf.env().set('WEBGPU_CPU_FORWARD', false);
  });

  test.each([
    ['softmax', () => softmax([[1, 2, 3]])],
    ['with a mask', () => softmax([[1, 2, 3]], -1, {mask: [true, false, true]})],
    ['of integers', () => softmax(tf.tensor1d([1, 2, 3], 'int32'))],
    ['logSumExp', () => logSumExp([[1, 2, 3]])],
    ['a product', () => softmaxVjp([[1, 2, 3]], [[1, 0, 2]])],
    ['a loss', () => softmaxCrossEntropy([1], [[1, 2, 3]])],
    ['its gradient', () => tf.grad((x) => softmaxCrossEntropy([1], x))(tf.tensor2d([[1, 2, 3]]))],
  ])('%s: no dispatch, and a result that can be read at once', (_, run) => {
    const {dispatched, stop} = watchDispatches();
    const values = run().dataSync();
    stop();
    expect(dispatched).toEqual([]);
    expect(values.every(Number.isFinite)).toBe(true);
  });

  test('they are right', () => {
    const masked = softmax([1, 2, 3], -1, {mask: [true, false, true]}).dataSync();
    expect(worst(masked, reference.masked.softmax([1, 2, 3], [1, 0, 1]), ulpErrorAboveOne).error).toBeLessThan(1);
    const gradient = tf
      .grad((x) => softmaxCrossEntropy([1], x))(tf.tensor2d([[1, 2, 3]]))
      .dataSync();
    expect(worst(gradient, reference.crossEntropyGradient([1, 2, 3], [0, 1, 0]), ulpErrorAboveOne).error).toBeLessThan(
      1,
    );
  });

  test('others are dispatched', async () => {
    expect(await dispatchesOf(() => softmax(tf.randomNormal([2, 600])))).toHaveLength(1);
    const x = onGpu([2, 600]);
    expect(await dispatchesOf(() => softmax(x))).toHaveLength(1);
    x.dispose();
  });
});

test('weights of few dimensions and rows of many', async () => {
  const x = onGpu([2, 2, 2, 3, 3, 3]);
  const labels = tf.zeros([2, 2, 2, 3, 3], 'int32');
  const loss = softmaxCrossEntropy(labels, x, {weights: [1, 2, 3], ignoreIndex: 1});
  const logits = await x.data();
  const losses = Array.from({length: 72}, (_, i) =>
    reference.crossEntropy(logits.subarray(3 * i, 3 * i + 3), [1, 0, 0]),
  );
  const exact = losses.reduce((sum, value, i) => sum + value * ((i % 3) + 1), 0) / 144;
  expect((await loss.data())[0]).toBeCloseTo(exact, 5);
  tf.dispose([x, labels, loss]);
});

test('logits of probabilities: also of 0, of NaN, of what is negative or subnormal', async () => {
  const values = [
    1,
    0.25,
    1e-7,
    2 ** -126,
    2 ** -149,
    3e-39,
    0,
    -0,
    -1,
    Number.NaN,
    Infinity,
    3.4e38,
    0.99999994,
    1.0000001,
  ];
  const p = tf.add(tf.tensor1d(values), 0);
  const given = tf.tensor1d(values); // an addition may take a subnormal number for 0
  const actual = await softmaxInverse(given, -1, {offset: 0.5}).data();
  expect(
    worst(
      actual,
      Array.from(Float32Array.from(values), (x) => Math.log(x) + 0.5),
      ulpErrorAboveOne,
    ).error,
  ).toBeLessThan(3);
  expect(await dispatchesOf(() => softmaxInverse(p))).toEqual([expect.stringMatching(/^logPlus_whole_/)]);
  tf.dispose([p, given]);
});
