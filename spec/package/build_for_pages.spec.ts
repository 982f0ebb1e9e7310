import * as tf from '@tensorflow/tfjs-core';
import {backendReport, install, softmax, uninstall} from '../../index';
import {softmax as exactSoftmax} from '../../kernels/reference';
import {registerFake} from '../hosts/fakes';
import {recordKernels} from '../hosts/kernels';

/** index.ts, which pages get, has no kernels for tfjs-node's backend; node.ts has. */

test("tfjs-node's backend with the build for pages: composed, right, and the report says so", async () => {
  registerFake('tensorflow', {});
  await tf.setBackend('tensorflow');
  const x = tf.tensor1d([1, 2, 300, 4]);
  const {result, kernels} = recordKernels(() => softmax(x));
  expect(kernels).toEqual(['softmax']);
  const values = Array.from(result.dataSync());
  exactSoftmax(x.dataSync()).forEach((exact, i) => {
    expect(values[i]).toBeCloseTo(exact, 6);
  });

  const {backends} = await backendReport();
  expect(backends.find(({name}) => name === 'tensorflow')).toMatchObject({
    kernels: 'composed',
    check: 'PASS',
    runs: expect.stringMatching(/^combined from tfjs ops: only the build of this package for Node has kernels/),
  });
  // Composed kernels are no faster than tfjs's own: those stay.
  install();
  expect(recordKernels(() => tf.softmax(x)).kernels).toEqual([]);
  uninstall();
});
