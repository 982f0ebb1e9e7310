import {LARGE} from '../backends/tensorflow/large';
import * as reference from '../kernels/reference';
import {Random} from './cases/random';
import type {Call} from './hosts/call';
import {TensorflowProcess} from './hosts/tensorflow';
import type {Held} from './hosts/tensorflow_process';
import {describeWithTfjsNode} from './hosts/tfjs_node';
import {ulpError, worst} from './ulp';

/** Just above the limit, with rows that are no whole vectors. */
const SHAPE = [66, 4099];
const SIZE = 66 * 4099;

function normals(seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({length: SIZE}, () => random.normal(5));
}

const logits = normals(1);
const cotangent = normals(2);

describeWithTfjsNode('staging on tensorflow', () => {
  describe.each(['in JavaScript', 'by TensorFlow'] as const)('tensors held %s', (held: Held) => {
    let tensorflow: TensorflowProcess;
    beforeAll(async () => {
      tensorflow = await TensorflowProcess.start(held);
    });
    afterAll(() => tensorflow?.stop());

    test('small tensors take no native op', async () => {
      for (const op of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
        const {nativeOps} = await tensorflow.call('call', {op, shape: [33, 99], logits: logits.subarray(0, 33 * 99)});
        expect(nativeOps).toEqual([]);
      }
    });

    test.each([0, 1])('large ones are copied by native ops, along axis %d', async (axis) => {
      expect(SIZE).toBeGreaterThan(LARGE);
      const call: Call = {op: 'softmax', shape: SHAPE, logits, axis};
      const copiesIn = held === 'by TensorFlow' ? ['Reshape', 'InplaceUpdate'] : [];

      await tensorflow.call('call', call); // the first of a process also tries whether native copies work
      const softmax = await tensorflow.call('call', call);
      const exact = reference.alongAxis(SHAPE, axis, [logits], reference.softmax);
      expect(softmax.nativeOps).toEqual([...copiesIn, 'DeepCopy']);
      // Over 270,000 random elements the roundings add up to a little more than in the adversarial set.
      expect(worst(softmax.values, exact, ulpError).error).toBeLessThanOrEqual(4.5);

      const vjp = await tensorflow.call('call', {...call, op: 'logSoftmaxVjp', vector: cotangent});
      const product = reference.alongAxis(SHAPE, axis, [exact, cotangent], reference.logSoftmaxVjp);
      const size = reference.alongAxis(SHAPE, axis, [exact, cotangent], (y, v) => {
        const total = v.reduce((sum, vi) => sum + Math.abs(vi), 0);
        return v.map((vi, i) => Math.abs(vi) + y[i]! * total);
      });
      // Along the last axis it is one kernel. Elsewhere y comes first: DeepCopy puts it where it has to be copied from again.
      const softmaxFirst = axis === 1 ? [] : ['DeepCopy', 'Reshape', 'InplaceUpdate'];
      expect(vjp.nativeOps).toEqual([...copiesIn, ...softmaxFirst, ...copiesIn, 'DeepCopy']);
      const inBounds = (a: number, e: number, i: number) => Math.abs(a - e) / (size[i]! * 2 ** -24);
      expect(worst(vjp.values, product, inBounds).error).toBeLessThanOrEqual(6);
    });

    test('a large tensor of rows of one, and one reduced to little', async () => {
      const column = await tensorflow.call('call', {op: 'softmax', shape: [SIZE, 1], logits});
      expect(column.values.every((y) => y === 1)).toBe(true);
      const {values, nativeOps} = await tensorflow.call('call', {op: 'logSumExp', shape: [SIZE], logits});
      expect(values[0]).toBeCloseTo(reference.logSumExp(logits), 5);
      expect(nativeOps).not.toContain('DeepCopy');
    });
  });
});
