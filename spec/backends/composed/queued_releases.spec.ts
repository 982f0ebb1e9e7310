import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {isOfFamily} from '../../../kernels/names';
import * as reference from '../../../kernels/reference';
import {thisProcess} from '../../hosts/this_process';
import {ulpErrorAboveOne, worst} from '../../ulp';

/**
 * A backend as tfjs's webgpu one is: it keeps what is released until it has done what is queued, and so finds out when
 * something is released twice. tfjs's cpu backend forgets the data at once, and takes a second release for none.
 */
class QueuedReleases extends MathBackendCPU {
  private readonly released: object[] = [];

  override disposeData(dataId: object, force = false): boolean {
    if (this.released.includes(dataId)) throw new Error('released twice');
    if (!force && this.refCount(dataId) > 1) {
      this.decRef(dataId);
      return false;
    }
    this.released.push(dataId);
    if (this.released.length > 15) for (const done of this.released.splice(0)) super.disposeData(done, true);
    return true;
  }

  override numDataIds(): number {
    return super.numDataIds() - this.released.length;
  }
}

beforeAll(() => {
  tf.registerBackend('queued', () => new QueuedReleases());
  for (const config of tf.getKernelsForBackend('cpu')) {
    if (!isOfFamily(config.kernelName)) tf.registerKernel({...config, backendName: 'queued'});
  }
});

const logits = Float32Array.from({length: 24}, (_, i) => Math.sin(7 * i));
const vector = Float32Array.from({length: 24}, (_, i) => Math.cos(5 * i));

test.each([
  ['softmaxJvp', (y: Float64Array, v: Float64Array) => reference.softmaxProduct(y, v)],
  ['softmaxVjp', (y: Float64Array, v: Float64Array) => reference.softmaxProduct(y, v)],
  ['logSoftmaxJvp', (y: Float64Array, v: Float64Array) => reference.logSoftmaxJvp(y, v)],
  ['logSoftmaxVjp', (y: Float64Array, v: Float64Array) => reference.logSoftmaxVjp(y, v)],
  ['gradSoftmax', (y: Float64Array, v: Float64Array) => reference.softmaxProduct(y, v)],
  ['gradLogSoftmax', (y: Float64Array, v: Float64Array) => reference.logSoftmaxVjp(y, v)],
] as const)('%s releases nothing twice', async (op, product) => {
  const exact = reference.alongAxis([4, 6], 1, [logits, vector], (x, v) => product(reference.softmax(x), v));
  const {run} = await thisProcess('queued');
  for (let times = 0; times < 10; times++) {
    const {values, leaked} = await run({op, shape: [4, 6], logits, vector});
    expect(worst(values, exact, ulpErrorAboveOne).error).toBeLessThan(4);
    expect(leaked).toEqual({tensors: 0, buffers: 0});
  }
});
