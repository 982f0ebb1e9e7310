import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {composedBackend} from '../../../backends/composed';
import {backendReport, softmax} from '../../../index';
import {isOfFamily} from '../../../kernels/names';
import {debugQuietly} from '../../hosts/debug';
import {thisProcess} from '../../hosts/this_process';
import {describeConformance} from '../conformance';

/** A backend that nobody has kernels for: tfjs's cpu one under another name, as users may register their own. */
beforeAll(() => {
  tf.registerBackend('foreign', () => new MathBackendCPU());
  for (const config of tf.getKernelsForBackend('cpu')) {
    if (!isOfFamily(config.kernelName)) tf.registerKernel({...config, backendName: 'foreign'});
  }
});

describeConformance('foreign', () => thisProcess('foreign'), composedBackend);

test("a mask in tfjs's DEBUG mode: the -Infinity is meant", () => {
  debugQuietly();
  try {
    const y = softmax([1, 2, 1], -1, {mask: [true, false, true]});
    expect(y.dataSync()).toEqual(Float32Array.of(0.5, 0, 0.5));
  } finally {
    tf.env().set('DEBUG', false);
  }
});

test('backendReport says that it is composed', async () => {
  const {active, backends} = await backendReport({start: false});
  expect(active).toBe('foreign');
  expect(backends.find(({name}) => name === 'foreign')).toMatchObject({
    kernels: 'composed',
    started: true,
    runs: expect.stringContaining('combined from tfjs ops'),
  });
  expect(backends.find(({name}) => name === 'cpu')).toMatchObject({kernels: 'own', started: false, runs: null});
});
