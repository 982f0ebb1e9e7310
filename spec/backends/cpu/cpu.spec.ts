import {kernelsRun} from '../../hosts/wasm_kernels';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {cpuBackend} from '../../../backends/cpu';
import {SMALLEST_STAGED} from '../../../backends/engines/array_kernels';
import {backendReport, softmax, softmaxCrossEntropy, softmaxVjp} from '../../../index';
import {thisProcess} from '../../hosts/this_process';
import {describeConformance} from '../conformance';

describeConformance('cpu', () => thisProcess('cpu'), cpuBackend);

test('WebAssembly runs from the crossover on, plain TypeScript below', () => {
  const ran = (run: () => tf.Tensor) => {
    kernelsRun();
    tf.tidy(() => void run());
    return kernelsRun().at(-1) ?? null;
  };
  expect(ran(() => softmax(tf.zeros([SMALLEST_STAGED.forward - 1])))).toBeNull();
  expect(ran(() => softmax(tf.zeros([SMALLEST_STAGED.forward])))).toBe('softmaxLongRows');
  expect(ran(() => softmax(tf.zeros([SMALLEST_STAGED.forward, 4])))).toBe('softmaxShortRows');
  const gradient = (n: number) => ran(() => tf.grad((x) => softmax(x))(tf.zeros([n]), tf.ones([n])));
  expect(gradient(SMALLEST_STAGED.product - 1)).toBe('softmaxLongRows');
  expect(gradient(SMALLEST_STAGED.product)).toBe('softmaxProductLongRows');
  const mask = (n: number) => ran(() => softmax(tf.zeros([n]), -1, {mask: tf.ones([n], 'bool')}));
  expect(mask(SMALLEST_STAGED.masked - 1)).toBeNull();
  expect(mask(SMALLEST_STAGED.masked)).toBe('softmaxMaskedRows');
  const loss = (n: number) => ran(() => softmaxCrossEntropy(tf.zeros([n]), tf.zeros([n])));
  expect(loss(SMALLEST_STAGED.loss - 1)).toBeNull();
  expect(loss(SMALLEST_STAGED.loss)).toBe('crossEntropyLongRows');
  const slope = (n: number) => ran(() => tf.grad((x) => softmaxCrossEntropy(tf.zeros([n]), x))(tf.zeros([n])));
  expect(slope(SMALLEST_STAGED.lossGradient - 1)).toBeNull();
  expect(slope(SMALLEST_STAGED.lossGradient)).toBe('crossEntropyGradientLongRows');
  expect(ran(() => softmaxVjp(tf.zeros([1000]), tf.ones([1000])))).toBe('softmaxProductLongRows');
});

test('backendReport says so', async () => {
  const {backends} = await backendReport({start: false});
  expect(backends.find(({name}) => name === 'cpu')?.runs).toMatch(/^WebAssembly, on copies in its own memory/);
});
