import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {linearCrossEntropy} from '../../index';
import {exactLinear, type LinearResults, linearCase, relativeError} from '../cases/linear';
import {runCall} from '../hosts/call';
import {stateOfTfjs} from '../hosts/fakes';
import {ANYTHING} from './anything';
import {fuzzParameters} from './parameters';

/** `linearCrossEntropy` of any sizes in chunks of any size, and with anything in one place of its arguments. */
describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  const cases = fc.record({
    sizes: fc.tuple(fc.integer({min: 1, max: 9}), fc.integer({min: 1, max: 6}), fc.integer({min: 1, max: 30})),
    how: fc.record({
      sparse: fc.boolean(),
      bias: fc.boolean(),
      smoothing: fc.constantFrom(0, 0.1, 0.9),
      seed: fc.nat(1000),
    }),
    chunkRows: fc.integer({min: 1, max: 12}),
  });

  test('the mean and its gradients', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({sizes, how, chunkRows}) => {
        const layer = linearCase(sizes, how);
        const [rows, features] = sizes;
        const call = {shape: [rows, features], logits: layer.hidden as Float32Array, layer, chunkRows};
        const exact = exactLinear(layer);
        const mean = await runCall({op: 'linearCrossEntropy', ...call});
        expect(Math.abs(mean.values[0]! - exact.total / rows)).toBeLessThanOrEqual(2e-6 * (1 + exact.total / rows));
        const gradients = await runCall({op: 'gradLinearCrossEntropy', ...call});
        const inOne = ({hidden, weights, bias}: LinearResults) =>
          [...hidden, ...weights, ...(layer.bias ? bias : [])].map((slope) => slope / rows);
        const expected = inOne(exact);
        // Where labels and probabilities cancel, the error is that of these.
        const size = Math.max(...expected.map(Math.abs), 1 / rows);
        expect(relativeError([...gradients.values, size], [...expected, size])).toBeLessThanOrEqual(4e-6);
        for (const {leaked} of [mean, gradients]) expect(leaked).toEqual({tensors: 0, buffers: 0});
      }),
      fuzzParameters(`linearCrossEntropy on ${backend}`, 200),
    );
  });

  test('with anything in one place: a loss, or an error that says what is allowed', () => {
    const hidden = tf.ones([2, 3]);
    const weights = tf.ones([3, 4]);
    const labels = tf.tensor1d([0, 3], 'int32');
    const places = [
      'hidden',
      'weights',
      'labels',
      'options',
      'bias',
      'chunkRows',
      'labelSmoothing',
      'reduction',
    ] as const;
    fc.assert(
      fc.property(fc.constantFrom(...places), ANYTHING, (place, value) => {
        const given = {hidden, weights, labels, options: {}, [place]: value} as unknown as Record<string, never>;
        const options = ['hidden', 'weights', 'labels', 'options'].includes(place) ? given.options : {[place]: value};
        const before = stateOfTfjs();
        try {
          tf.dispose(linearCrossEntropy(given.hidden, given.weights, given.labels, options as never));
        } catch (error) {
          expect(error).toMatchObject({message: expect.stringMatching(/^linearCrossEntropy: /)});
        }
        expect(stateOfTfjs()).toEqual(before);
      }),
      fuzzParameters(`arguments of linearCrossEntropy on ${backend}`, 400),
    );
    tf.dispose([hidden, weights, labels]);
  });
});
