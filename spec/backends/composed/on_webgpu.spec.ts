import * as tf from '@tensorflow/tfjs-core';
import {logSoftmax, logSumExp, softmax, softmaxCrossEntropy} from '../../../index';
import {isOfFamily} from '../../../kernels/names';
import * as reference from '../../../kernels/reference';
import {runCase} from '../../fuzz/run';
import {type Host, runCall} from '../../hosts/call';
import {startWebGPU, uncapturedErrors} from '../../hosts/webgpu';
import {ulpErrorAboveOne, worst} from '../../ulp';

/**
 * Composed ops on a backend that behaves as tfjs's webgpu one does: that one itself, under a name that nobody has kernels
 * for. Its cast leaves integers where they are, and its transpose and tile do not work on them.
 */
let host: Host;
beforeAll(async () => {
  const {device, adapterInfo} = await startWebGPU();
  const {WebGPUBackend} = await import('@tensorflow/tfjs-backend-webgpu');
  tf.registerBackend('foreign', () => new WebGPUBackend(device, adapterInfo as unknown as GPUAdapterInfo));
  for (const config of tf.getKernelsForBackend('webgpu')) {
    if (!isOfFamily(config.kernelName)) tf.registerKernel({...config, backendName: 'foreign'});
  }
  await tf.setBackend('foreign');
  host = {name: 'foreign', run: runCall, runCase};
});

afterEach(() => {
  expect(uncapturedErrors()).toEqual([]);
});

/** SwiftShader's exp is off by some ten ULP at -10. */
const BOUND = 64;

async function expectClose(actual: tf.Tensor, exact: ArrayLike<number>): Promise<void> {
  expect(worst(await actual.data(), exact, ulpErrorAboveOne).error).toBeLessThan(BOUND);
}

describe.each([true, false])('small tensors on the CPU: %s', (onCpu) => {
  beforeAll(() => {
    tf.env().set('WEBGPU_CPU_FORWARD', onCpu);
  });

  const rows = [
    [1, 2, 3],
    [0, 0, 0],
  ];
  const x = () => tf.add(tf.tensor2d(rows), 0);

  test('sums of what is counted', async () => {
    await expectClose(
      logSoftmax(x()),
      rows.flatMap((row) => [...reference.logSoftmax(row)]),
    );
    await expectClose(logSumExp(x()), rows.map(reference.logSumExp));
    await expectClose(
      logSumExp(x(), 0),
      [0, 1, 2].map((i) => reference.logSumExp([rows[0]![i]!, rows[1]![i]!])),
    );
  });

  test('class indices', async () => {
    const labels = tf.tensor1d([2, 0], 'int32');
    const exact = [reference.crossEntropy(rows[0]!, [0, 0, 1]), reference.crossEntropy(rows[1]!, [1, 0, 0])];
    await expectClose(softmaxCrossEntropy(labels, x(), {reduction: 'none'}), exact);
    const ignored = softmaxCrossEntropy(labels, x(), {ignoreIndex: 0});
    await expectClose(ignored, exact.slice(0, 1));
  });

  test('logits, labels and vectors of integers, and floats that were cast from them', async () => {
    const integers = tf.tensor2d([10, 2, 1, 1], [2, 2], 'int32');
    const exact = [...reference.softmax([10, 2]), 0.5, 0.5];
    await expectClose(softmax(integers), exact);
    await expectClose(softmax(tf.cast(integers, 'float32')), exact);
    await expectClose(softmax(integers, 0), reference.alongAxis([2, 2], 0, [[10, 2, 1, 1]], reference.softmax));
    const v = tf.cast(tf.tensor2d([3, 0, 0, 2], [2, 2], 'int32'), 'float32');
    const gradient = tf.grad((t) => logSoftmax(t, 0))(tf.cast(integers, 'float32'), v);
    const along = reference.alongAxis(
      [2, 2],
      0,
      [
        [10, 2, 1, 1],
        [3, 0, 0, 2],
      ],
      (logits, w) => reference.logSoftmaxVjp(reference.softmax(logits), w),
    );
    await expectClose(gradient, along);
  });
});

test.each(['softmaxJvp', 'softmaxVjp', 'logSoftmaxJvp', 'logSoftmaxVjp', 'gradLogSoftmax'] as const)(
  '%s, and the backend works afterwards',
  async (op) => {
    tf.env().set('WEBGPU_CPU_FORWARD', false);
    const logits = Float32Array.from({length: 24}, (_, i) => Math.sin(7 * i));
    const vector = Float32Array.from({length: 24}, (_, i) => Math.cos(5 * i));
    const product = {
      softmaxJvp: reference.softmaxProduct,
      softmaxVjp: reference.softmaxProduct,
      logSoftmaxJvp: reference.logSoftmaxJvp,
      logSoftmaxVjp: reference.logSoftmaxVjp,
      gradLogSoftmax: reference.logSoftmaxVjp,
    }[op];
    const exact = reference.alongAxis([4, 6], 1, [logits, vector], (x, v) => product(reference.softmax(x), v));
    for (let times = 0; times < 4; times++) {
      const {values, leaked, backend} = await host.run({op, shape: [4, 6], logits, vector});
      expect(worst(values, exact, ulpErrorAboveOne).error).toBeLessThan(BOUND);
      expect(leaked).toEqual({tensors: 0, buffers: 0});
      expect(backend).toBe('foreign');
    }
  },
);
