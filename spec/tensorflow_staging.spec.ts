import {LARGE} from '../backends/tensorflow/large';
import * as reference from '../kernels/reference';
import {Random} from './cases/random';
import type {Call, LabelledCall} from './hosts/call';
import {TensorflowProcess} from './hosts/tensorflow';
import type {Held} from './hosts/tensorflow_process';
import {describeWithTfjsNode} from './hosts/tfjs_node';
import {ulpError, worst} from './ulp';

/** Just above the limit, with rows that are no whole vectors. */
const SHAPE = [66, 4099];
const SIZE = 66 * 4099;

function normals(seed: number, length = SIZE): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({length}, () => random.normal(5));
}

/** How often each of the native ops ran that copy or make memory to copy to. */
function copiesAmong(nativeOps: string[]) {
  const count = (name: string) => nativeOps.filter((op) => op === name).length;
  return {InplaceUpdate: count('InplaceUpdate'), DeepCopy: count('DeepCopy'), Empty: count('Empty')};
}

const logits = normals(1);
const cotangent = normals(2);

const random = new Random(3);
const keep = Uint8Array.from(logits, () => Number(random.uniform() < 0.7));
const distributions = Float32Array.from(logits, () => random.uniform(0, 1 / 4099));
const classes = Int32Array.from({length: 66}, () => random.integer(0, 4098));
const oneHot = Float32Array.from(logits, (_, i) => Number(i % 4099 === classes[Math.floor(i / 4099)]));

describeWithTfjsNode('staging on tensorflow', () => {
  describe.each(['in JavaScript', 'by TensorFlow'] as const)('tensors held %s', (held: Held) => {
    let tensorflow: TensorflowProcess;
    beforeAll(async () => {
      tensorflow = await TensorflowProcess.start(held);
    });
    afterAll(() => tensorflow?.stop());

    test('small tensors take no native op', async () => {
      for (const op of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
        const ran = await tensorflow.call('call', {op, shape: [33, 99], logits: logits.subarray(0, 33 * 99)});
        expect(ran).toMatchObject({nativeOps: [], stagedKernel: `${op}LongRows`});
      }
    });

    test.each([
      {name: 'of no whole units', shape: SHAPE, axis: 0, parts: 1},
      {name: 'of no whole units', shape: SHAPE, axis: 1, parts: 1},
      {name: 'without outer rows', shape: [64, 8192], axis: 0, parts: 1},
      {name: 'in equal parts', shape: [64, 8192], axis: 1, parts: 2},
      {name: 'in equal parts', shape: [32, 32, 1000], axis: 1, parts: 4},
      {name: 'in parts and a smaller one', shape: [67, 8192], axis: 1, parts: 2},
      {name: 'in parts of short rows and a smaller one', shape: [40016, 21], axis: 1, parts: 3},
    ])('large ones are copied by native ops, $name: $shape along axis $axis', async ({shape, axis, parts}) => {
      const size = shape.reduce((product, length) => product * length);
      expect(size).toBeGreaterThan(LARGE);
      const values = normals(1, size);
      const vector = normals(2, size);
      const call: Call = {op: 'softmax', shape, logits: values, axis};
      // Native ops copy a part in if TensorFlow holds it, and always out: the one part of a tensor by DeepCopy.
      const copies = (inputs: number) => {
        const copiesIn = held === 'by TensorFlow' ? inputs * parts : 0;
        return parts === 1
          ? {InplaceUpdate: copiesIn, DeepCopy: 1, Empty: 0}
          : {InplaceUpdate: copiesIn + parts, DeepCopy: 0, Empty: 1};
      };

      await tensorflow.call('call', call); // the first of a process also tries whether native copies work
      const softmax = await tensorflow.call('call', call);
      const exact = reference.alongAxis(shape, axis, [values], reference.softmax);
      expect(copiesAmong(softmax.nativeOps)).toEqual(copies(1));
      expect(softmax.stagedKernel).toBeNull();
      // Over so many random elements the roundings add up to a little more than in the adversarial set.
      expect(worst(softmax.values, exact, ulpError).error).toBeLessThanOrEqual(4.5);

      const vjp = await tensorflow.call('call', {...call, op: 'logSoftmaxVjp', vector});
      const product = reference.alongAxis(shape, axis, [exact, vector], reference.logSoftmaxVjp);
      const bound = reference.alongAxis(shape, axis, [exact, vector], (y, v) => {
        const total = v.reduce((sum, vi) => sum + Math.abs(vi), 0);
        return v.map((vi, i) => Math.abs(vi) + y[i]! * total);
      });
      const inBounds = (a: number, e: number, i: number) => Math.abs(a - e) / (bound[i]! * 2 ** -24);
      expect(worst(vjp.values, product, inBounds).error).toBeLessThanOrEqual(6);
      // Of long rows it is one kernel, of logits and vector.
      if (axis === shape.length - 1 && shape[axis]! > 24) expect(copiesAmong(vjp.nativeOps)).toEqual(copies(2));
      else expect(copiesAmong(vjp.nativeOps).InplaceUpdate).toBeGreaterThan(copies(2).InplaceUpdate);
    });

    test.each([
      {axis: 0, variant: 'GatheredRows'},
      {axis: 1, variant: 'LongRows'},
    ])('large masked ones go the way of small ones, along axis $axis', async ({axis, variant}) => {
      const mask = {shape: SHAPE, values: keep};
      const {values, ...ran} = await tensorflow.call('call', {op: 'softmax', shape: SHAPE, logits, axis, mask});
      const exact = reference.alongAxis(SHAPE, axis, [logits, keep], reference.masked.softmax);
      expect(ran).toMatchObject({kernels: ['maskedSoftmax'], nativeOps: [], stagedKernel: `maskedSoftmax${variant}`});
      expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(4.5);
    });

    test.each([
      {name: 'class indices', kernel: 'sparseCrossEntropy', labels: {shape: [66], values: classes}},
      {name: 'distributions', kernel: 'crossEntropy', labels: {shape: SHAPE, values: distributions}},
    ])('so do large losses, their gradients and means: $name', async ({kernel, labels}) => {
      const q = kernel === 'crossEntropy' ? distributions : oneHot;
      const call: LabelledCall = {op: 'crossEntropy', shape: SHAPE, logits, labels, smoothing: 0};
      const exact = reference.alongAxis(SHAPE, 1, [logits, q], (x, l) => [reference.crossEntropy(x, l)]);
      const loss = await tensorflow.call('call', call);
      expect(loss).toMatchObject({kernels: [kernel], nativeOps: [], stagedKernel: `${kernel}LongRows`});
      expect(worst(loss.values, exact, ulpError).error).toBeLessThanOrEqual(4);

      const mean = await tensorflow.call('call', {...call, op: 'meanCrossEntropy'});
      expect(mean).toMatchObject({kernels: [kernel], nativeOps: [], stagedKernel: `${kernel}LongRows`});
      expect(ulpError(mean.values[0]!, exact.reduce((a, b) => a + b) / 66)).toBeLessThanOrEqual(4);

      const vector = cotangent.subarray(0, 66);
      const gradient = await tensorflow.call('call', {...call, op: 'gradCrossEntropy', vector});
      expect(gradient).toMatchObject({nativeOps: [], stagedKernel: `${kernel}GradientLongRows`});
      const slopes = reference.alongAxis(SHAPE, 1, [logits, q], reference.crossEntropyGradient);
      const size = reference.alongAxis(SHAPE, 1, [logits, q], (x, l) => {
        const total = l.reduce((a, b) => a + b);
        return reference.softmax(x).map((y, i) => y * total + l[i]!);
      });
      const error = worst(gradient.values, slopes, (a, e, i) => {
        const c = vector[Math.floor(i / 4099)]!;
        return Math.abs(a - c * e) / (Math.abs(c) * size[i]! * 2 ** -24);
      });
      expect(error.error).toBeLessThanOrEqual(6);
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
