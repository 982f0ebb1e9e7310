import '@tensorflow/tfjs'; // chained ops, all gradients, cpu
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {install, uninstall} from '../index';
import {recordKernels} from './hosts/call';
import {defineOwnSpecs} from './tfjs_own/define';
import {ownSpecs} from './tfjs_own/sources';

// What is jasmine's in tfjs's tests and their helpers.
expect.extend({nothing: () => ({pass: true, message: () => ''})});
const jasmineExpect = (actual: unknown) => {
  const matchers = expect(actual);
  return Object.assign(matchers, {toThrowError: matchers.toThrow});
};

describe.each(['cpu', 'wasm'])("tfjs's own specs after install(), on %s", (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
    install();
  });
  afterAll(() => uninstall());

  test('our kernels are under the ops that they test', () => {
    const run = () => tf.tidy(() => [tf.softmax([1, 2]), tf.logSoftmax([1, 2]), tf.logSumExp([1, 2])]);
    expect(recordKernels(run).kernels).toEqual(['FusedSoftmax', 'FusedLogSoftmax', 'FusedLogSumExp']);
  });

  for (const {code} of ownSpecs()) {
    const one = (name: string, body: () => unknown) => {
      it(name, async () => void (await body()));
    };
    defineOwnSpecs(code, {describe, it: one, beforeEach, afterEach, expect: jasmineExpect});
  }
});
