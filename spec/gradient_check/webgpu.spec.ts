/**
 * webgpu in Node cannot be read synchronously: what does not take minutes of compiling on SwiftShader, by checkGradientsAsync. The
 * whole family, tfjs's ops and each planted error are run by `npm run gradients:long -- --backend webgpu`.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // loads register_all_gradients
import {checkGradients, softmax} from '../../index';
import {NEVER_ON_THE_CPU, startWebGPU, uncapturedErrors} from '../hosts/webgpu';
import {runTrial, type Trial} from './trial';

beforeAll(() => startWebGPU(NEVER_ON_THE_CPU));
afterEach(() => expect(uncapturedErrors()).toEqual([]));

const trials = (kind: Trial['kind'], names: string[]) => names.map((name) => [name, {kind, name, seed: 1}] as const);

test.each([...trials('family', ['logSumExp']), ...trials('stock', ['square', 'sigmoid', 'mean'])])(
  '%s',
  async (_, trial) => {
    const {text, ok, left} = await runTrial(trial);
    if (!ok) throw new Error(text);
    expect(left).toBe(0);
  },
);

test.each(trials('planted', ['a factor of 1.01', 'a forgotten cotangent', '1 % in one of a thousand squares']))(
  'found: %s',
  async (_, trial) => {
    expect((await runTrial(trial)).ok).toBe(false);
  },
);

test('checkGradients itself says what to call instead', () => {
  const x = tf.square(tf.tensor1d([1, 2, 3]));
  expect(() => checkGradients((t: tf.Tensor) => softmax(t), x)).toThrow(
    /^checkGradients: this backend cannot be read synchronously \(.*\)\. Use await checkGradientsAsync\(\.\.\.\)/,
  );
  x.dispose();
});
