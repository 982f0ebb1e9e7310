import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import {kernelsRun} from '../../hosts/wasm_kernels';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {maskRuns} from '../../../backends/engines/mask_runs';
import {kernelBytes} from '../../../backends/engines/wasm/bytes';
import {planForward, planProduct} from '../../../backends/engines/wasm/plan';
import {wasmBackend} from '../../../backends/wasm';
import {forgetInstances} from '../../../backends/wasm/access';
import {
  logSoftmax,
  logSoftmaxJvp,
  logSoftmaxVjp,
  logSumExp,
  softmax,
  softmaxCrossEntropy,
  softmaxVjp,
} from '../../../index';
import * as reference from '../../../kernels/reference';
import {replaceMethod} from '../../../tfjs/engine';
import {ulpError, worst} from '../../ulp';

beforeEach(async () => {
  await tf.setBackend('wasm');
  kernelsRun();
});

/** Runs an action on a fresh copy of the backend's modules, with `compile` in the place of `new WebAssembly.Module`. */
async function withFreshModules(
  compile: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module,
  action: (fresh: {wasmBackend: typeof wasmBackend}) => void,
): Promise<void> {
  const {Module} = WebAssembly;
  WebAssembly.Module = new Proxy(Module, {construct: (_, [bytes]) => compile(bytes)});
  try {
    await jest.isolateModulesAsync(async () => {
      action(await import('../../../backends/wasm'));
    });
  } finally {
    WebAssembly.Module = Module;
  }
}

test('nothing is compiled until first use, and then once', async () => {
  const {Module} = WebAssembly;
  const ours = kernelBytes().length;
  let compiled = 0;
  await withFreshModules(
    (bytes) => {
      if (bytes.length === ours) compiled++; // tools compile modules of their own
      return new Module(bytes);
    },
    (fresh) => {
      const backend = tf.backend() as BackendWasm;
      expect(compiled).toBe(0);
      expect(fresh.wasmBackend.describe(backend)).toContain('in place');
      expect(fresh.wasmBackend.describe(backend)).toContain('in place');
      expect(compiled).toBe(1);
    },
  );
});

describe('which variant runs', () => {
  test.each([
    [[64, 1000], -1, 'LongRows'],
    [[1, 4], -1, 'LongRows'],
    [[3, 8], -1, 'LongRows'],
    [[4, 8], -1, 'ShortRows'],
    [[100, 21], -1, 'ShortRows'],
    [[5, 48], -1, 'ShortRows'],
    [[5, 49], -1, 'LongRows'],
    [[5, 1], -1, 'GatheredRows'],
    [[2, 3], -1, 'GatheredRows'],
    [[7, 9, 3], 1, 'GatheredRows'],
    [[7, 9, 4], 1, 'LongRows'],
    [[12, 4], 0, 'LongRows'],
    [[7, 1, 4], 1, 'GatheredRows'],
    [[7, 9, 5], 1, 'StridedRows'],
    [[2, 81, 35], 1, 'StridedRows'],
    [[12, 6], 0, 'StridedRows'],
  ] as const)('%p along %i: %s', (shape, axis, variant) => {
    tf.tidy(() => softmax(tf.ones([...shape]), axis));
    expect(kernelsRun()).toEqual([`softmax${variant}`]);
    tf.tidy(() => logSoftmax(tf.ones([...shape]), axis));
    expect(kernelsRun()).toEqual([`logSoftmax${variant}`]);
    tf.tidy(() => logSumExp(tf.ones([...shape]), axis));
    expect(kernelsRun()).toEqual([`logSumExp${variant}`]);
  });

  test.each([
    [[64, 1000], -1, 'LongRows'],
    [[100, 8], -1, 'LongRows'],
    [[100, 3], -1, 'GatheredRows'],
    [[7, 9, 3], 1, 'GatheredRows'],
    [[7, 9, 4], 1, 'StridedRows'],
    [[12, 4], 0, 'StridedRows'],
    [[3, 1, 8], 1, 'GatheredRows'],
  ] as const)('products of %p along %i: %s', (shape, axis, variant) => {
    tf.tidy(() => softmaxVjp(tf.ones([...shape]), tf.ones([...shape]), axis));
    expect(kernelsRun().at(-1)).toBe(`softmaxProduct${variant}`);
    tf.tidy(() => logSoftmaxJvp(tf.ones([...shape]), tf.ones([...shape]), axis));
    expect(kernelsRun().at(-1)).toBe(`logSoftmaxJvp${variant}`);
  });

  test.each([
    [[64, 1000], -1, 'logSoftmaxGradientLongRows'],
    [[3, 4], -1, 'logSoftmaxGradientLongRows'],
    [[100, 8], -1, 'logSoftmaxVjpLongRows'],
    [[100, 3], -1, 'logSoftmaxVjpGatheredRows'],
    [[7, 9, 4], 1, 'logSoftmaxVjpStridedRows'],
  ] as const)("logSoftmax's derivative of %p along %i: %s", (shape, axis, kernel) => {
    tf.tidy(() => logSoftmaxVjp(tf.ones([...shape]), tf.ones([...shape]), axis));
    expect(kernelsRun().at(-1)).toBe(kernel);
    tf.tidy(() => tf.grad((x) => logSoftmax(x, axis))(tf.ones([...shape]), tf.ones([...shape])));
    expect(kernelsRun().at(-1)).toBe(kernel);
  });

  test.each([
    [[64, 1000], -1, 'LongRows', 'LongRows'],
    [[64, 1000], 0, 'GatheredRows', 'GatheredRows'],
    [[100, 10], -1, 'GatheredRows', 'LongRows'],
    [[1, 10], -1, 'LongRows', 'LongRows'],
    [[100, 3], -1, 'GatheredRows', 'GatheredRows'],
  ] as const)('losses of %p along %i: %s, their gradient: %s', (shape, axis, variant, ofGradient) => {
    const x = tf.ones([...shape]);
    const rows = shape.filter((_, d) => d !== (axis + 2) % 2);
    for (const labels of [tf.zeros(rows, 'int32'), tf.ones([...shape])]) {
      tf.tidy(() => softmaxCrossEntropy(labels, x, {axis}));
      expect(new Set(kernelsRun())).toEqual(new Set([`crossEntropy${variant}`])); // a total is made of parts
      tf.tidy(() => tf.grad((t) => softmaxCrossEntropy(labels, t, {axis}))(x));
      expect(kernelsRun().at(-1)).toBe(`crossEntropyGradient${ofGradient}`);
      labels.dispose();
    }
    x.dispose();
  });

  test.each([
    [[64, 1000], -1, [1000], 1, 'MaskedRows'],
    [[64, 1000], -1, [64, 1], -0.5, 'MaskedRows'],
    [[64, 1000], -1, [1000], 0.3, 'GatheredRows'],
    [[64, 1000], 0, [1000], 1, 'GatheredRows'],
    [[64, 3], -1, [3], 1, 'GatheredRows'],
  ] as const)('masks: %p along %i, mask %p, scale %d: %s', (shape, axis, maskShape, scale, variant) => {
    tf.tidy(() => softmax(tf.ones([...shape]), axis, {scale, mask: tf.ones([...maskShape], 'bool')}));
    expect(kernelsRun()).toEqual([`softmax${variant}`]);
    tf.tidy(() => logSoftmax(tf.ones([...shape]), axis, {scale, mask: tf.ones([...maskShape], 'bool')}));
    expect(kernelsRun()).toEqual([`logSoftmax${variant}`]);
  });

  test('a scale that floats cannot multiply by exactly takes the kernels in doubles', () => {
    const rows = {outer: 100, n: 8, inner: 1};
    const kernelOf = (scale: number, of = rows) => planForward('softmax', of, scale, null).kernel;
    for (const scale of [1, -1, 0.5, -0.125, 2 ** -32]) expect(kernelOf(scale)).toBe('softmaxShortRows');
    for (const scale of [2, 0.3, 0, -3, 2 ** -33]) expect(kernelOf(scale)).toBe('softmaxLongRows');
    expect(kernelOf(0.3, {outer: 2, n: 9, inner: 16})).toBe('softmaxGatheredRows');
    expect(planProduct('softmaxProduct', {outer: 2, n: 9, inner: 16}, 0.3).kernel).toBe('softmaxProductStridedRows');
  });
});

test('a mask of whole numbers: what is not 0 takes part, as on other backends', () => {
  expect(softmax([1, 1, 1, 1], -1, {mask: [2, 0, -1, -0]}).dataSync()).toEqual(Float32Array.of(0.5, 0, 0.5, 0));
});

describe('after a small one like it, a forward pass takes a short cut', () => {
  const values = Float32Array.from({length: 96}, (_, i) => 3 * Math.sin(i * i));
  const of = (shape: number[]) => tf.tensor(values, shape);
  const PASSES: Record<string, () => tf.Tensor> = {
    softmax: () => softmax(of([4, 6, 4]), 1),
    logSoftmax: () => logSoftmax(of([4, 6, 4]), 1),
    logSumExp: () => logSumExp(of([4, 6, 4]), 1),
    'logSumExp, the axis kept': () => logSumExp(of([4, 6, 4]), 1, true),
    'of equal rows in another shape': () => softmax(of([2, 2, 6, 2, 2]), 2),
    'along the first axis': () => softmax(of([4, 6, 4]), 0),
    'along the last axis': () => softmax(of([4, 6, 4]), 2),
    'of longer rows': () => softmax(of([3, 8, 4]), 1),
    scaled: () => softmax(of([4, 6, 4]), 1, {scale: 0.3}),
    masked: () => softmax(of([4, 6, 4]), 1, {mask: tf.greater(of([4, 6, 4]), 0)}),
  };
  const result = (name: string) => {
    const {shape, array} = tf.tidy(() => {
      const y = PASSES[name]!();
      return {shape: y.shape, array: y.dataSync()};
    });
    return {shape, array, kernels: kernelsRun()};
  };

  test.each(Object.keys(PASSES))('%s: what ran before makes no difference', (name) => {
    forgetInstances();
    const alone = result(name);
    for (const before of Object.keys(PASSES)) {
      forgetInstances();
      result(before);
      expect([before, result(name)]).toEqual([before, alone]);
    }
  });

  test('but a masked one and a large one', () => {
    const backend = tf.backend() as BackendWasm;
    const {makeOutput} = backend;
    let stack = '';
    const restore = replaceMethod(backend, 'makeOutput', (...args) => {
      stack = new Error().stack!;
      return makeOutput.apply(backend, args);
    });
    const isShort = (pass: () => tf.Tensor) => {
      tf.tidy(() => void pass());
      expect(stack).toContain('wasm/forward');
      return !stack.includes('wasm/output');
    };
    const large = () => softmax(tf.ones([100, 200]));
    try {
      for (const [name, pass] of Object.entries({...PASSES, large})) {
        forgetInstances();
        const again = name !== 'masked' && name !== 'large';
        expect([name, isShort(pass), isShort(pass), isShort(pass)]).toEqual([name, false, again, again]);
      }
    } finally {
      restore();
    }
  });

  test('and refuses a result that there is no memory for, of which nothing is left', () => {
    const backend = tf.backend() as BackendWasm;
    const x = tf.zeros([2, 8]);
    for (let i = 0; i < 2; i++) softmax(x).dispose();
    const before = {...tf.memory(), ids: backend.numDataIds()};
    const malloc = jest.spyOn(backend.wasm as unknown as {_malloc(bytes: number): number}, '_malloc');
    malloc.mockReturnValueOnce(0);
    expect(() => softmax(x)).toThrow("tfjs's wasm memory has no room for a result of shape [2,8].");
    malloc.mockRestore();
    expect({...tf.memory(), ids: backend.numDataIds()}).toEqual(before);
    x.dispose();
  });
});

describe("tfjs's memory", () => {
  const backend = () => tf.backend() as BackendWasm;

  test('holds one new buffer after an op: its output. Nothing is copied', () => {
    const wasm = backend().wasm as unknown as {_malloc(bytes: number): number};
    for (const [op, outputs] of [
      [(x: tf.Tensor) => softmax(x), [4 * 3000]],
      [(x: tf.Tensor) => logSoftmax(x, 1), [4 * 3000]],
      [(x: tf.Tensor) => logSumExp(x), [4 * 300]],
      [(x: tf.Tensor) => logSoftmaxVjp(x, x, 0), [4 * 3000, 4 * 3000]],
      [(x: tf.Tensor) => logSoftmaxVjp(tf.reshape(x, [3, 1000]), tf.reshape(x, [3, 1000])), [4 * 3000]],
    ] as const) {
      const x = tf.randomNormal([30, 10, 10]);
      const malloc = jest.spyOn(wasm, '_malloc');
      const y = op(x);
      expect(malloc.mock.calls.map(([bytes]) => bytes)).toEqual(outputs);
      malloc.mockRestore();
      tf.dispose([x, y]);
    }
  });

  test('so it does after a masked one, a loss, and a gradient of that', () => {
    const wasm = backend().wasm as unknown as {_malloc(bytes: number): number};
    const [logits, mask] = [tf.randomNormal([30, 10, 10]), tf.randomUniform([10, 1, 10], 0, 2, 'bool')];
    const square = tf.reshape(mask, [10, 10]);
    const [labels, classes] = [tf.randomUniform([30, 10, 10]), tf.zeros([30, 10], 'int32')];
    const cotangent = tf.randomNormal([30, 10]);
    const attrs = {axis: 2, smoothing: 0, reduced: false, factor: 1};
    const gradient = (inputs: tf.NamedTensorMap) =>
      tf.engine().runKernel<tf.Tensor>('sparseCrossEntropyGradient', inputs, attrs);
    for (const [op, outputs] of [
      [() => softmax(logits, -1, {mask: square}), [4 * 3000]],
      [() => logSumExp(logits, 1, false, {mask: square}), [4 * 300]],
      [() => softmaxCrossEntropy(labels, logits, {reduction: 'none'}), [4 * 300]],
      [() => softmaxCrossEntropy(classes, logits), [4]],
      [() => gradient({logits, labels: classes, cotangent}), [4 * 3000]],
    ] as [() => tf.Tensor, number[]][]) {
      const malloc = jest.spyOn(wasm, '_malloc');
      const y = op();
      expect(malloc.mock.calls.map(([bytes]) => bytes)).toEqual(outputs);
      malloc.mockRestore();
      y.dispose();
    }
    tf.dispose(cotangent);
    tf.dispose([logits, mask, square, labels, classes]);
  });

  test('may grow between two calls', () => {
    const heap = () => (backend().wasm as unknown as {HEAPU8: Uint8Array}).HEAPU8.length;
    const x = tf.tensor([0, Math.log(3), 0, 0]);
    softmax(x).dispose();
    const before = heap();
    const large = tf.zeros([before / 4]);
    expect(heap()).toBeGreaterThan(before);
    const y = softmax(x);
    expect(worst(y.dataSync(), reference.softmax(x.dataSync()), ulpError).error).toBeLessThanOrEqual(4);
    tf.dispose([x, y, large]);
  });

  test('is another one after the backend was removed and started again', async () => {
    const first = backend();
    tf.dispose(softmax(tf.zeros([4])));
    kernelsRun();
    const factory = tf.findBackendFactory('wasm');
    tf.removeBackend('wasm');
    tf.registerBackend('wasm', factory, 2);
    await tf.setBackend('wasm');
    expect(backend()).not.toBe(first);
    const x = tf.tensor([0, Math.log(3), 0, 0]);
    const y = softmax(x);
    expect(kernelsRun()).toEqual(['softmaxLongRows']);
    expect(worst(y.dataSync(), reference.softmax(x.dataSync()), ulpError).error).toBeLessThanOrEqual(4);
    expect(wasmBackend.describe(backend())).toContain("in place on tfjs's memory");
    tf.dispose([x, y]);
  });
});

describe('where the memory cannot be reached', () => {
  /** The backend as another version of tfjs might have it: the same heap, the memory out of sight. */
  function secretive(): BackendWasm {
    const real = tf.backend() as BackendWasm;
    const wasm = Object.assign(Object.create(real.wasm), {asm: {}, wasmMemory: undefined});
    return Object.assign(Object.create(real), {wasm});
  }

  test('the kernels run on a memory of their own, and describe says so', () => {
    const backend = secretive();
    expect(wasmBackend.describe(backend)).toMatch(/^WebAssembly, on copies in its own memory: /);
    const x = tf.randomNormal([40, 50]);
    const y = wasmBackend.forward(
      {
        kind: 'softmax',
        x,
        rows: {outer: 40, n: 50, inner: 1},
        scale: 1,
        mask: null,
        outputShape: [40, 50],
      },
      backend,
    );
    expect(kernelsRun()).toEqual(['softmaxLongRows']);
    const v = tf.randomNormal([40, 50]);
    const product = wasmBackend.product(
      {kind: 'softmaxProduct', y, v, rows: {outer: 40, n: 50, inner: 1}, factor: 2},
      backend,
    );
    expect(kernelsRun()).toEqual(['softmaxProductLongRows']);
    const real = tf.backend() as BackendWasm;
    const values = real.readSync(y.dataId) as Float32Array;
    const exact = reference.alongAxis([40, 50], 1, [x.dataSync()], reference.softmax);
    expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(4);
    const exactProduct = reference.alongAxis([40, 50], 1, [values, v.dataSync()], reference.softmaxProduct);
    const productValues = real.readSync(product.dataId) as Float32Array;
    expect(worst(productValues, exactProduct, (a, e) => Math.abs(a - 2 * e)).error).toBeLessThan(1e-6);
    tf.dispose([x, v]);
    real.disposeData(y.dataId);
    real.disposeData(product.dataId);
  });

  test('so do masks and losses', () => {
    const backend = secretive();
    const real = tf.backend() as BackendWasm;
    const rows = {outer: 40, n: 50, inner: 1};
    const shape = [40, 50];
    const x = tf.randomNormal(shape);
    const flags = tf.tensor(
      Uint8Array.from({length: 50}, (_, i) => i & 1),
      [50],
      'bool',
    );
    const labels = tf.tensor(
      Int32Array.from({length: 40}, (_, i) => i),
      [40],
      'int32',
    );
    const cotangent = tf.randomNormal([40]);
    const read = (result: tf.TensorInfo) => {
      const values = real.readSync(result.dataId) as Float32Array;
      real.disposeData(result.dataId);
      return values;
    };
    const values = x.dataSync();
    const keep = Float64Array.from(values, (_, i) => i & 1);
    const mask = {tensor: flags, ...maskRuns(flags.shape, shape, 1)};
    const request = {kind: 'softmax', x, rows, scale: 1, mask, outputShape: shape} as const;
    const y = read(wasmBackend.forward({...request, outputShape: shape}, backend));
    expect(kernelsRun()).toEqual(['softmaxMaskedRows']);
    const exact = reference.alongAxis(shape, 1, [values, keep], reference.masked.softmax);
    expect(worst(y, exact, ulpError).error).toBeLessThanOrEqual(4);

    const loss = {x, labels, rows, sparse: true, smoothing: 0, total: null, outputShape: [40]};
    const losses = read(wasmBackend.crossEntropy!(loss, backend));
    expect(kernelsRun()).toEqual(['crossEntropyLongRows']);
    const oneHot = Float64Array.from(values, (_, i) => Number(i % 50 === Math.floor(i / 50)));
    const exactLosses = reference.alongAxis(shape, 1, [values, oneHot], (r, q) => [reference.crossEntropy(r, q)]);
    expect(worst(losses, exactLosses, ulpError).error).toBeLessThanOrEqual(4);
    const gradient = read(wasmBackend.crossEntropyGradient!({...loss, cotangent}, backend));
    expect(kernelsRun()).toEqual(['softmaxLongRows', 'crossEntropyGradientLongRows']);
    const g = cotangent.dataSync();
    const exactGradient = reference
      .alongAxis(shape, 1, [values, oneHot], reference.crossEntropyGradient)
      .map((slope, i) => slope * g[Math.floor(i / 50)]!);
    expect(worst(gradient, exactGradient, (a, e) => Math.abs(a - e)).error).toBeLessThan(2e-6);
    tf.dispose([x, flags, labels, cotangent]);
  });
});

describe('where WebAssembly may not be compiled', () => {
  test('plain TypeScript runs, and describe says why', async () => {
    const forbid = () => {
      throw new Error('blocked by the content security policy');
    };
    await withFreshModules(forbid, (fresh) => {
      const backend = tf.backend() as BackendWasm;
      expect(fresh.wasmBackend.describe(backend)).toBe(
        'plain TypeScript in double precision: blocked by the content security policy',
      );
      const x = tf.tensor([0, Math.log(3), 0, 0]);
      const rows = {outer: 1, n: 4, inner: 1};
      const y = fresh.wasmBackend.forward({kind: 'softmax', x, rows, scale: 1, mask: null, outputShape: [4]}, backend);
      expect(kernelsRun()).toEqual([]);
      const values = backend.readSync(y.dataId) as Float32Array;
      expect(worst(values, reference.softmax(x.dataSync()), ulpError).error).toBeLessThanOrEqual(2);
      x.dispose();
      backend.disposeData(y.dataId);
    });
  });
});
