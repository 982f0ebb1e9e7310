import {util} from '@tensorflow/tfjs-core';
import {LARGE, MOST_AT_ONCE} from '../../../backends/tensorflow/in_parts';
import * as reference from '../../../kernels/reference';
import {labelled} from '../../cases/labels';
import {type Keep, masked} from '../../cases/masks';
import {Random} from '../../cases/random';
import type {Call, LabelledCall} from '../../hosts/call';
import {TensorflowProcess} from '../../hosts/tensorflow';
import type {Held} from '../../hosts/tensorflow_process';
import {describeWithTfjsNode} from '../../hosts/tfjs_node';
import {ulpError, worst} from '../../ulp';

function normals(seed: number, length: number): Float32Array {
  return new Random(seed).normals(length, 5);
}

/** How often each of the native ops ran that copy or make memory to copy to. */
function copiesAmong(nativeOps: string[]) {
  const count = (name: string) => nativeOps.filter((op) => op === name).length;
  return {InplaceUpdate: count('InplaceUpdate'), Empty: count('Empty')};
}

/**
 * What they are for so many inputs of this shape, which TensorFlow may hold, and for a result: where they are not small
 * enough to be brought or taken at once. A size that is no multiple of 16 has its rest copied apart.
 */
function copies(held: Held, inputs: number, parts: number, shape: number[], resultSize = util.sizeFromShape(shape)) {
  const size = util.sizeFromShape(shape);
  const updates = parts + (size % 16 > 0 ? 1 : 0);
  const copiesIn = held === 'by TensorFlow' && size > MOST_AT_ONCE.in ? inputs * updates : 0;
  const isDivided = resultSize > MOST_AT_ONCE.out && parts > 1;
  return {InplaceUpdate: copiesIn + (isDivided ? updates : 0), Empty: isDivided ? 1 : 0};
}

// Over so many random elements the roundings add up to a little more than in the adversarial set.
const SOFTMAX_ULP = 4.5;

const mostly: Keep = (_, random) => random.uniform() < 0.7;

describeWithTfjsNode('large tensors on tensorflow', () => {
  describe.each(['in JavaScript', 'by TensorFlow'] as const)('held %s', (held: Held) => {
    let tensorflow: TensorflowProcess;
    beforeAll(async () => {
      tensorflow = await TensorflowProcess.start(held);
      // The first of a process also tries whether native copies work.
      await tensorflow.call('call', {op: 'softmax', shape: [LARGE], logits: new Float32Array(LARGE)});
    });
    afterAll(() => tensorflow?.stop());

    test.each([
      {name: 'at once', shape: [66, 4099], axis: 1, parts: 2, variant: 'LongRows'},
      {name: 'at once, without outer rows', shape: [66, 4099], axis: 0, parts: 1, variant: 'StridedRows'},
      {name: 'in equal parts', shape: [72, 8192], axis: 1, parts: 3, variant: 'LongRows'},
      {name: 'in equal parts', shape: [32, 32, 1000], axis: 1, parts: 4, variant: 'StridedRows'},
      {name: 'in equal parts that end within a unit', shape: [132, 4099], axis: 1, parts: 3, variant: 'LongRows'},
      {name: 'in parts and a smaller one', shape: [67, 8192], axis: 1, parts: 3, variant: 'LongRows'},
      {name: 'in parts of short rows and a smaller one', shape: [40016, 21], axis: 1, parts: 4, variant: 'ShortRows'},
      {name: 'without outer rows, with a rest', shape: [131, 4099], axis: 0, parts: 1, variant: 'StridedRows'},
      // The results of these are copied in parts too.
      {name: 'in equal parts', shape: [160, 8192], axis: 1, parts: 5, variant: 'LongRows'},
      {name: 'in equal parts', shape: [35, 32, 1000], axis: 1, parts: 5, variant: 'StridedRows'},
      {name: 'in parts that end within a unit', shape: [32, 33001], axis: 1, parts: 5, variant: 'LongRows'},
      {name: 'in parts that end so, with a rest', shape: [33, 33001], axis: 1, parts: 5, variant: 'LongRows'},
      {name: 'in parts and a smaller one', shape: [67, 16384], axis: 1, parts: 5, variant: 'LongRows'},
      {name: 'in parts of short rows and a smaller one', shape: [50032, 21], axis: 1, parts: 5, variant: 'ShortRows'},
      {name: 'without outer rows', shape: [64, 16400], axis: 0, parts: 1, variant: 'StridedRows'},
    ])('what TensorFlow holds is brought $name: $shape along axis $axis', async ({shape, axis, parts, variant}) => {
      const size = util.sizeFromShape(shape);
      expect(size).toBeGreaterThan(LARGE);
      const values = normals(1, size);
      const vector = normals(2, size);
      const call: Call = {op: 'softmax', shape, logits: values, axis};
      const softmax = await tensorflow.call('call', call);
      const exact = reference.alongAxis(shape, axis, [values], reference.softmax);
      expect(copiesAmong(softmax.nativeOps)).toEqual(copies(held, 1, parts, shape));
      expect(softmax).toMatchObject({stagedKernel: `softmax${variant}`, onThreads: true});
      expect(worst(softmax.values, exact, ulpError).error).toBeLessThanOrEqual(SOFTMAX_ULP);

      // Products of logits are one job as well: their softmax is nowhere but in the parts. Of long rows it is one kernel.
      const isOneKernel = axis === shape.length - 1 && shape[axis]! > 24;
      const absolute = vector.map(Math.abs);
      for (const op of ['logSoftmaxVjp', 'softmaxVjp'] as const) {
        const ran = await tensorflow.call('call', {...call, op, vector});
        expect(copiesAmong(ran.nativeOps)).toEqual(copies(held, 2, parts, shape));
        expect(ran.onThreads).toBe(true);
        if (op === 'logSoftmaxVjp' && isOneKernel) expect(ran.stagedKernel).toBe('logSoftmaxGradientLongRows');
        else expect(ran.stagedKernel).toMatch(op === 'softmaxVjp' ? /^softmaxProduct.+Rows$/ : /^logSoftmaxVjp.+Rows$/);
        const product = op === 'softmaxVjp' ? reference.softmaxProduct : reference.logSoftmaxVjp;
        const expected = reference.alongAxis(shape, axis, [exact, vector], product);
        const bound = reference.alongAxis(shape, axis, [exact, absolute], (y, v) => {
          const [total, mean] = [v.reduce((a, b) => a + b, 0), v.reduce((a, b, k) => a + y[k]! * b, 0)];
          return v.map((vi, k) => (op === 'softmaxVjp' ? y[k]! * (vi + mean) : vi + y[k]! * total));
        });
        const error = worst(ran.values, expected, (a, e, k) => Math.abs(a - e) / (bound[k]! * 2 ** -24));
        // An ULP of y is up to two of these units, and the product adds its own roundings.
        expect(error.error).toBeLessThanOrEqual(op === 'softmaxVjp' ? 9.2 : 6);
      }
    });

    test.each([
      {name: 'whole', shape: [64, 8192], mask: [64, 8192], axis: 1, parts: 2, variant: 'LongRows'},
      {name: 'whole', shape: [132, 4099], mask: [132, 4099], axis: 1, parts: 3, variant: 'LongRows'},
      {name: 'whole', shape: [132, 4099], mask: [132, 4099], axis: 0, parts: 1, variant: 'GatheredRows'},
      {name: 'whole', shape: [72, 8192], mask: [72, 8192], axis: 1, parts: 3, variant: 'LongRows'},
      {name: 'repeated for each row', shape: [72, 8192], mask: [8192], axis: 1, parts: 3, variant: 'LongRows'},
      {name: 'of whole rows', shape: [72, 8192], mask: [72, 1], axis: 1, parts: 3, variant: 'LongRows'},
      {
        name: 'repeated over heads',
        shape: [8, 12, 80, 80],
        mask: [8, 1, 1, 80],
        axis: 3,
        parts: 3,
        variant: 'LongRows',
      },
      {name: 'beside the axis', shape: [32, 32, 1000], mask: [32, 1, 1000], axis: 1, parts: 4, variant: 'GatheredRows'},
    ])('masks, $name: $mask for $shape along axis $axis', async ({shape, mask, axis, parts, variant}) => {
      const {values: logits, keep, ...given} = masked('', shape, mask, axis, mostly);
      expect(logits.length).toBeGreaterThan(LARGE);
      const call = {op: 'softmax' as const, shape, logits, axis, mask: given.mask};
      const {values, nativeOps, ...ran} = await tensorflow.call('call', call);
      const exact = reference.alongAxis(shape, axis, [logits, keep], reference.masked.softmax);
      expect(ran).toMatchObject({kernels: ['maskedSoftmax'], stagedKernel: `maskedSoftmax${variant}`, onThreads: true});
      expect(copiesAmong(nativeOps)).toEqual(copies(held, 1, parts, shape));
      expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(SOFTMAX_ULP);
    });

    test('a mask that takes a kernel for every few rows goes the way of small tensors', async () => {
      const {shape, values: logits, keep, mask} = masked('', [2000, 3, 64], [2000, 1, 64], 2, mostly);
      const call = {op: 'softmax' as const, shape, logits, mask};
      const {values, nativeOps, stagedKernel, onThreads} = await tensorflow.call('call', call);
      const exact = reference.alongAxis(shape, 2, [logits, keep], reference.masked.softmax);
      expect({nativeOps, stagedKernel, onThreads}).toEqual({
        nativeOps: [],
        stagedKernel: 'maskedSoftmaxLongRows',
        onThreads: false,
      });
      expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(SOFTMAX_ULP);
    });

    describe.each([
      {name: 'at once', shape: [64, 8192], parts: 2},
      {name: 'as one part', shape: [1, 540003], parts: 1},
      {name: 'in parts', shape: [72, 8192], parts: 3},
      {name: 'in parts that end within a unit', shape: [132, 4099], parts: 3},
      {name: 'in parts that end within a unit, derivatives too', shape: [32, 33001], parts: 5},
    ])('losses $name', ({shape, parts}) => {
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
        const inputs = kernel === 'crossEntropy' ? 2 : 1;
        const call: LabelledCall = {op: 'crossEntropy', shape, logits, labels, smoothing: 0};
        const exact = reference.alongAxis(shape, 1, [logits, q], (x, l) => [reference.crossEntropy(x, l)]);
        const loss = await tensorflow.call('call', call);
        expect(loss).toMatchObject({kernels: [kernel], stagedKernel: `${kernel}LongRows`, onThreads: true});
        expect(copiesAmong(loss.nativeOps)).toEqual(copies(held, inputs, parts, shape, outer));
        expect(worst(loss.values, exact, ulpError).error).toBeLessThanOrEqual(4);

        const mean = await tensorflow.call('call', {...call, op: 'meanCrossEntropy'});
        expect(mean).toMatchObject({kernels: [kernel], stagedKernel: `${kernel}LongRows`, onThreads: true});
        expect(copiesAmong(mean.nativeOps)).toEqual(copies(held, inputs, parts, shape, outer));
        expect(ulpError(mean.values[0]!, exact.reduce((a, b) => a + b) / outer)).toBeLessThanOrEqual(4);

        const gradient = await tensorflow.call('call', {...call, op: 'gradCrossEntropy', vector: cotangent});
        // The host computes the losses once more, before their gradient does.
        const forwardCopies = 2 * copies(held, inputs, parts, shape, outer).InplaceUpdate;
        const expected = copies(held, inputs, parts, shape);
        expect(gradient).toMatchObject({stagedKernel: `${kernel}GradientLongRows`, onThreads: true});
        expect(copiesAmong(gradient.nativeOps)).toEqual({
          ...expected,
          InplaceUpdate: expected.InplaceUpdate + forwardCopies,
        });
        const slopes = reference.alongAxis(shape, 1, [logits, q], reference.crossEntropyGradient);
        const bound = reference.alongAxis(shape, 1, [logits, q], (x, l) => {
          const total = l.reduce((a, b) => a + b);
          return reference.softmax(x).map((y, i) => y * total + l[i]!);
        });
        const error = worst(gradient.values, slopes, (a, e, i) => {
          const c = cotangent[Math.floor(i / n)]!;
          return Math.abs(a - c * e) / (Math.abs(c) * bound[i]! * 2 ** -24);
        });
        expect(error.error).toBeLessThanOrEqual(6);
      });
    });

    test('rows of one, and a tensor reduced to little', async () => {
      const size = 132 * 4099;
      const logits = normals(1, size);
      const column = await tensorflow.call('call', {op: 'softmax', shape: [size, 1], logits});
      expect(column.values.every((y) => y === 1)).toBe(true);
      const {values, nativeOps} = await tensorflow.call('call', {op: 'logSumExp', shape: [size], logits});
      expect(values[0]).toBeCloseTo(reference.logSumExp(logits), 5);
      expect(copiesAmong(nativeOps)).toEqual(copies(held, 1, 1, [size], 1));
    });
  });
});

describeWithTfjsNode('large tensors on tensorflow, when something fails', () => {
  const shape = [67, 16384];
  const logits = normals(1, util.sizeFromShape(shape));
  const exact = reference.alongAxis(shape, 1, [logits], reference.softmax);
  let tensorflow: TensorflowProcess;
  beforeEach(async () => {
    tensorflow = await TensorflowProcess.start('by TensorFlow');
  });
  afterEach(() => tensorflow?.stop());

  test('a native op: the error is told, nothing is left behind, and the next call is right', async () => {
    const call = {shape, logits};
    await tensorflow.call('call', {op: 'softmax', ...call}); // tries whether native copies work
    const uneven = {shape: [33, 33001], logits: logits.subarray(0, 33 * 33001)};
    const failures = ['Empty', 'Reshape', 'Bitcast', 'Slice', 'SplitV', 'Unpack', 'InplaceUpdate'].flatMap((op) =>
      [call, uneven].flatMap((given) => [1, 2, 3].map((nth) => ({...given, op, nth}))),
    );
    let failed = 0;
    for (const failure of failures) {
      const {message, left, values} = await tensorflow.call('failing', failure);
      if (message === null) continue; // it runs less often than that
      failed++;
      expect({failure: `${failure.op} ${failure.nth}`, message, left}).toEqual({
        failure: `${failure.op} ${failure.nth}`,
        message: `no more ${failure.op}`,
        left: [0, 0, 0],
      });
      if (failure.shape === shape) expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(SOFTMAX_ULP);
    }
    expect(failed).toBe(30);
  });

  test('without InplaceUpdate large tensors go the way of small ones', async () => {
    await tensorflow.call('break', 'InplaceUpdate');
    const {values, nativeOps, stagedKernel} = await tensorflow.call('call', {op: 'softmax', shape, logits});
    expect(copiesAmong(nativeOps).InplaceUpdate).toBe(1); // the trial, once
    expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(SOFTMAX_ULP);
    expect(stagedKernel).toBe('softmaxLongRows');
    const next = await tensorflow.call('call', {op: 'softmax', shape, logits});
    expect(next).toMatchObject({nativeOps: [], onThreads: false});
  });

  test.each(['Reshape', 'Bitcast', 'Slice', 'SplitV', 'Unpack'])(
    'where %s copies, large tensors go the way of small ones',
    async (op) => {
      await tensorflow.call('detach', op);
      const {values, nativeOps} = await tensorflow.call('call', {op: 'softmax', shape, logits});
      expect(nativeOps).toContain('InplaceUpdate'); // the trial
      expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(SOFTMAX_ULP);
      const next = await tensorflow.call('call', {op: 'softmax', shape, logits});
      expect(next).toMatchObject({nativeOps: [], onThreads: false});
    },
  );

  test('what node:vm cuts off, without a finally, takes nothing from the next call', async () => {
    const {wrong, cuts} = await tensorflow.call('interrupted', {shape: [1024, 1024], times: 60});
    expect({wrong, cuts}).toEqual({wrong: 0, cuts: 60});
  });
});
