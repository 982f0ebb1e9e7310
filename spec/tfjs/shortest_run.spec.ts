import '@tensorflow/tfjs'; // gradients
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {install, uninstall} from '../../index';
import {replaceMethod} from '../../tfjs/engine';
import {debugQuietly} from '../hosts/debug';

beforeEach(async () => {
  await tf.setBackend('wasm');
  tf.env().set('IS_TEST', false);
  install();
});
afterEach(() => {
  uninstall();
  tf.env().set('DEBUG', false);
  tf.env().set('IS_TEST', true);
  jest.restoreAllMocks();
});

const logits = () => tf.tensor2d([7, 7, 1, 1], [2, 2]);

/** Whether tfjs's `runKernelFunc` is on the stack where softmax makes its result. */
function passesRunKernelFunc(action: () => unknown): boolean {
  const backend = tf.backend() as unknown as {makeOutput(...args: unknown[]): unknown};
  const {makeOutput} = backend;
  const stacks: string[] = [];
  const restore = replaceMethod(backend, 'makeOutput', (...args) => {
    stacks.push(new Error().stack!);
    return makeOutput.apply(backend, args);
  });
  try {
    action();
  } finally {
    restore();
  }
  const ofSoftmax = stacks.filter((stack) => stack.includes('wasm/forward'));
  expect(ofSoftmax).toHaveLength(1);
  return ofSoftmax[0]!.includes('runKernelFunc');
}

test('an installed softmax does without runKernelFunc, and nobody can tell', () => {
  const x = logits();
  const run = () => {
    const {numTensors, numDataBuffers, numBytes} = tf.memory();
    const y = tf.tidy(() => tf.keep(tf.tidy(() => tf.softmax(x))));
    const after = tf.memory();
    const made = [after.numTensors - numTensors, after.numDataBuffers - numDataBuffers, after.numBytes - numBytes];
    const {shape, dtype} = y;
    const values = [...y.dataSync()];
    y.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
    return {made, shape, dtype, values};
  };
  expect(passesRunKernelFunc(() => tf.softmax(x).dispose())).toBe(false);
  const short = run();
  expect(short).toEqual({made: [1, 1, 16], shape: [2, 2], dtype: 'float32', values: [0.5, 0.5, 0.5, 0.5]});
  tf.env().set('IS_TEST', true);
  expect(passesRunKernelFunc(() => tf.softmax(x).dispose())).toBe(true);
  expect(run()).toEqual(short);
  x.dispose();
});

test('it goes by runKernelFunc where that has something to do', async () => {
  const x = logits();
  const y = () => tf.tidy(() => void tf.softmax(x));
  expect(
    passesRunKernelFunc(() =>
      tf
        .grad((t) => tf.softmax(t as tf.Tensor2D))(x)
        .dispose(),
    ),
  ).toBe(true);

  const profile = tf.profile(y);
  expect((await profile).kernelNames).toEqual(['softmax']);

  debugQuietly();
  expect(passesRunKernelFunc(y)).toBe(true);
  tf.env().set('DEBUG', false);
  expect(passesRunKernelFunc(y)).toBe(false);

  const spied = jest.spyOn(tf.engine(), 'runKernelFunc' as never);
  y();
  expect(spied).toHaveBeenCalledTimes(1);
  spied.mockRestore();
  expect(passesRunKernelFunc(y)).toBe(false);
  x.dispose();
});

test('so it does where a stranger has been there before', () => {
  uninstall();
  const spied = jest.spyOn(tf.engine(), 'runKernelFunc' as never);
  install();
  tf.tidy(() => void tf.softmax(logits()));
  expect(spied).toHaveBeenCalledTimes(1);
});

test('the kernel is that of the active backend; of one that is still starting there is none', async () => {
  jest.spyOn(console, 'warn').mockImplementation(() => {}); // tfjs-node is advertised
  const values = () => tf.tidy(() => [...tf.softmax(logits()).dataSync()]);
  for (const backend of ['wasm', 'cpu', 'wasm']) {
    await tf.setBackend(backend);
    expect(values()).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(tf.getBackend()).toBe(backend);
  }
  const x = logits();
  const message = (op: () => unknown) => {
    try {
      return op();
    } catch (error) {
      return (error as Error).message;
    }
  };
  const factory = tf.findBackendFactory('wasm');
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory, 2);
  const starting = tf.setBackend('wasm');
  expect(message(() => tf.softmax(x))).toContain("Backend 'wasm' has not yet been initialized");
  expect(message(() => tf.softmax(x))).toBe(message(() => tf.abs(x)));
  await starting;
  expect(values()).toEqual([0.5, 0.5, 0.5, 0.5]);
});
