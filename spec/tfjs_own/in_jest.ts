import * as tf from '@tensorflow/tfjs-core';
import {recordKernels} from '../hosts/kernels';
import {defineOwnSpecs} from './define';
import {ownSpecs} from './sources';

// What is jasmine's in tfjs's tests and their helpers.
expect.extend({nothing: () => ({pass: true, message: () => ''})});
const jasmineExpect = (actual: unknown) => {
  const matchers = expect(actual);
  return Object.assign(matchers, {toThrowError: matchers.toThrow});
};

/** Defines tfjs's own specs as tests of jest, to be run after `install()`, and one that they test kernels of this package. */
export function defineInJest(): void {
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
}
