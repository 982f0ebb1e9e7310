import {util} from '@tensorflow/tfjs-core';
import {LARGE} from '../../../backends/tensorflow/facts';
import * as reference from '../../../kernels/reference';
import {PRODUCTS_OF_PROBABILITIES} from '../../../kernels/reference_table';
import {labelled} from '../../cases/labels';
import {type Keep, masked} from '../../cases/masks';
import {Random} from '../../cases/random';
import type {Call, LabelledCall} from '../../hosts/call';
import {TensorflowProcess} from '../../hosts/tensorflow';
import {describeWithTfjsNode} from '../../hosts/tfjs_node';
import {ulpError, worst} from '../../ulp';

function normals(seed: number, length: number): Float32Array {
  return new Random(seed).normals(length, 5);
}

// Over so many random elements the roundings add up to a little more than in the adversarial set: docs/accuracy.md has how often.
const SOFTMAX_ULP = 4.5;
const WORST_ULP = 6.1;
const SELDOM = 1e-5;

const mostly: Keep = (_, random) => random.uniform() < 0.7;

describeWithTfjsNode('large tensors on tensorflow', () => {
  // Both at once, so that each float64 reference is computed once.
  describe('held in JavaScript, and by TensorFlow', () => {
    const processes: TensorflowProcess[] = [];
    beforeAll(async () => {
      for (const held of ['in JavaScript', 'by TensorFlow'] as const)
        processes.push(await TensorflowProcess.start(held));
    });
    afterAll(() => Promise.all(processes.map((tensorflow) => tensorflow.stop())));

    const outcomes = (call: Call | LabelledCall) =>
      Promise.all(processes.map((tensorflow) => tensorflow.call('call', call)));

    test.each([
      {shape: [72, 8192], axis: 1, variant: 'LongRows'},
      {shape: [132, 4099], axis: 1, variant: 'LongRows'},
      {shape: [33, 33001], axis: 1, variant: 'LongRows'},
      {shape: [40016, 21], axis: 1, variant: 'ShortRows'},
      {shape: [32, 32, 1000], axis: 1, variant: 'StridedRows'},
      {shape: [131, 4099], axis: 0, variant: 'StridedRows'},
    ])('$shape along axis $axis', async ({shape, axis, variant}) => {
      const size = util.sizeFromShape(shape);
      expect(size).toBeGreaterThan(LARGE);
      const values = normals(1, size);
      const vector = normals(2, size);
      const call: Call = {op: 'softmax', shape, logits: values, axis};
      const exact = reference.alongAxis(shape, axis, [values], reference.softmax);
      for (const softmax of await outcomes(call)) {
        expect(softmax).toMatchObject({nativeOps: [], stagedKernel: `softmax${variant}`, onThreads: true});
        expect(worst(softmax.values, exact, ulpError).error).toBeLessThanOrEqual(WORST_ULP);
        const beyond = exact.filter((e, i) => ulpError(softmax.values[i]!, e) > SOFTMAX_ULP).length;
        expect(beyond).toBeLessThanOrEqual(SELDOM * size);
      }

      // logSoftmax's derivative from logits is one kernel in long rows.
      const isOneKernel = axis === shape.length - 1 && shape[axis]! > 24;
      for (const op of ['logSoftmaxVjp', 'softmaxVjp'] as const) {
        const {value, magnitude} = PRODUCTS_OF_PROBABILITIES[op === 'softmaxVjp' ? 'softmaxProduct' : 'logSoftmaxVjp'];
        const expected = reference.alongAxis(shape, axis, [exact, vector], value);
        const bound = reference.alongAxis(shape, axis, [exact, vector], magnitude);
        for (const ran of await outcomes({...call, op, vector})) {
          expect(ran).toMatchObject({nativeOps: [], onThreads: true});
          if (op === 'logSoftmaxVjp' && isOneKernel) expect(ran.stagedKernel).toBe('logSoftmaxGradientLongRows');
          else {
            expect(ran.stagedKernel).toMatch(op === 'softmaxVjp' ? /^softmaxProduct.+Rows$/ : /^logSoftmaxVjp.+Rows$/);
          }
          const error = worst(ran.values, expected, (a, e, k) => Math.abs(a - e) / (bound[k]! * 2 ** -24));
          // An ULP of y is up to two of these units, and the product adds its own roundings.
          expect(error.error).toBeLessThanOrEqual(op === 'softmaxVjp' ? 9.2 : 6);
        }
      }
    });

    test.each([
      {name: 'whole', shape: [132, 4099], mask: [132, 4099], axis: 1, variant: 'MaskedRows'},
      {name: 'whole', shape: [132, 4099], mask: [132, 4099], axis: 0, variant: 'GatheredRows'},
      {name: 'repeated for each row', shape: [72, 8192], mask: [8192], axis: 1, variant: 'MaskedRows'},
      {name: 'of whole rows', shape: [72, 8192], mask: [72, 1], axis: 1, variant: 'MaskedRows'},
      {name: 'repeated over heads', shape: [8, 12, 80, 80], mask: [8, 1, 1, 80], axis: 3, variant: 'MaskedRows'},
      {name: 'beside the axis', shape: [32, 32, 1000], mask: [32, 1, 1000], axis: 1, variant: 'GatheredRows'},
      {name: 'in many pieces', shape: [2000, 3, 64], mask: [2000, 1, 64], axis: 2, variant: 'MaskedRows'},
    ])('masks, $name: $mask for $shape along axis $axis', async ({shape, mask, axis, variant}) => {
      const {values: logits, keep, ...given} = masked('', shape, mask, axis, mostly);
      expect(logits.length).toBeGreaterThan(LARGE);
      const exact = reference.alongAxis(shape, axis, [logits, keep], reference.masked.softmax);
      for (const {values, ...ran} of await outcomes({op: 'softmax', shape, logits, axis, mask: given.mask})) {
        expect(ran).toMatchObject({
          kernels: ['maskedSoftmax'],
          nativeOps: [],
          stagedKernel: `softmax${variant}`,
          onThreads: true,
        });
        expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(SOFTMAX_ULP);
      }
    });

    describe.each([[[132, 4099]], [[1, 540003]]])('losses of %p', (shape) => {
      const [outer, n] = shape as [number, number];
      const cotangent = normals(2, outer);
      const options = {logits: (random: Random) => random.normal(5)};

      test.each([
        {kernel: 'sparseCrossEntropy', given: labelled('class indices', shape, 'sparse', options)},
        {
          kernel: 'crossEntropy',
          given: labelled('distributions', shape, (random) => random.uniform(0, 1 / n), options),
        },
      ])('$given.name', async ({kernel, given: {values: logits, labels, q}}) => {
        const call: LabelledCall = {op: 'crossEntropy', shape, logits, labels, smoothing: 0};
        const exact = reference.alongAxis(shape, 1, [logits, q], (x, l) => [reference.crossEntropy(x, l)]);
        const forward = {kernels: [kernel], nativeOps: [], stagedKernel: 'crossEntropyLongRows', onThreads: true};
        for (const loss of await outcomes(call)) {
          expect(loss).toMatchObject(forward);
          expect(worst(loss.values, exact, ulpError).error).toBeLessThanOrEqual(4);
        }

        for (const mean of await outcomes({...call, op: 'meanCrossEntropy'})) {
          expect(mean).toMatchObject(forward);
          expect(ulpError(mean.values[0]!, exact.reduce((a, b) => a + b) / outer)).toBeLessThanOrEqual(4);
        }

        const slopes = reference.alongAxis(shape, 1, [logits, q], reference.crossEntropyGradient);
        const bound = reference.alongAxis(shape, 1, [logits, q], (x, l) => {
          const total = l.reduce((a, b) => a + b);
          return reference.softmax(x).map((y, i) => y * total + l[i]!);
        });
        for (const gradient of await outcomes({...call, op: 'gradCrossEntropy', vector: cotangent})) {
          expect(gradient).toMatchObject({stagedKernel: 'crossEntropyGradientLongRows', onThreads: true});
          const error = worst(gradient.values, slopes, (a, e, i) => {
            const c = cotangent[Math.floor(i / n)]!;
            return Math.abs(a - c * e) / (Math.abs(c) * bound[i]! * 2 ** -24);
          });
          expect(error.error).toBeLessThanOrEqual(6);
        }
      });
    });

    test('rows of one, and a tensor reduced to little', async () => {
      const size = 132 * 4099;
      const logits = normals(1, size);
      for (const column of await outcomes({op: 'softmax', shape: [size, 1], logits})) {
        expect(column.values.every((y) => y === 1)).toBe(true);
      }
      for (const {values} of await outcomes({op: 'logSumExp', shape: [size], logits})) {
        expect(values[0]).toBeCloseTo(reference.logSumExp(logits), 5);
      }
    });
  });

  test('what node:vm cuts off, without a finally, takes nothing from the next call', async () => {
    const tensorflow = await TensorflowProcess.start('by TensorFlow');
    try {
      const {wrong, cuts} = await tensorflow.call('interrupted', {shape: [1024, 1024], times: 20});
      expect({wrong, cuts}).toEqual({wrong: 0, cuts: 20});
    } finally {
      await tensorflow.stop();
    }
  });
});
