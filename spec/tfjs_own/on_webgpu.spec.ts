import '@tensorflow/tfjs'; // chained ops, all gradients, cpu
import * as tf from '@tensorflow/tfjs-core';
import {install, uninstall} from '../../index';
import {recordKernels} from '../hosts/kernels';
import {startWebGPU, uncapturedErrors} from '../hosts/webgpu';
import {defineOwnSpecs} from './define';
import {jasmineExpect} from './jasmine_expect';
import {ownSpecs} from './sources';

describe("tfjs's own specs after install(), on webgpu by Dawn", () => {
  beforeAll(async () => {
    await startWebGPU({WEBGPU_CPU_FORWARD: false});
    install();
  });
  afterEach(() => expect(uncapturedErrors()).toEqual([]));
  afterAll(() => uninstall());

  test('our kernels are under the ops that they test', () => {
    const run = () => tf.tidy(() => [tf.softmax([1, 2]), tf.logSoftmax([1, 2]), tf.logSumExp([1, 2])]);
    expect(recordKernels(run).kernels).toEqual(['softmax', 'logSoftmax', 'logSumExp']);
  });

  for (const {code} of ownSpecs()) {
    const one = (name: string, body: () => unknown) => {
      it(name, async () => void (await body()));
    };
    defineOwnSpecs(code, {describe, it: one, beforeEach, afterEach, expect: jasmineExpect});
  }
});
