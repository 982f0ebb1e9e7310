import {util} from '@tensorflow/tfjs-core';
import {SMALLEST_STAGED} from '../../../backends/engines/array_kernels';
import * as reference from '../../../kernels/reference';
import {Random} from '../../cases/random';
import {TensorflowProcess} from '../../hosts/tensorflow';
import type {Held} from '../../hosts/tensorflow_process';
import {describeWithTfjsNode} from '../../hosts/tfjs_node';
import {ulpError, worst} from '../../ulp';

describeWithTfjsNode('staging on tensorflow', () => {
  describe.each(['in JavaScript', 'by TensorFlow'] as const)('tensors held %s', (held: Held) => {
    let tensorflow: TensorflowProcess;
    beforeAll(async () => {
      tensorflow = await TensorflowProcess.start(held);
    });
    afterAll(() => tensorflow?.stop());

    test('small tensors take no native op', async () => {
      const random = new Random(1);
      const logits = random.normals(33 * 99, 5);
      for (const op of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
        const ran = await tensorflow.call('call', {op, shape: [33, 99], logits});
        expect(ran).toMatchObject({nativeOps: [], stagedKernel: `${op}LongRows`, onThreads: false});
      }
    });

    test('tiny ones take no WebAssembly either', async () => {
      const ranOn = async (op: 'softmax' | 'softmaxVjp', n: number) => {
        const vector = new Float32Array(n).fill(1);
        const inputs = op === 'softmax' ? {} : {vector};
        return (await tensorflow.call('call', {op, shape: [n], logits: new Float32Array(n), ...inputs})).stagedKernel;
      };
      expect(await ranOn('softmax', SMALLEST_STAGED.forward - 1)).toBeNull();
      expect(await ranOn('softmax', SMALLEST_STAGED.forward)).toBe('softmaxLongRows');
      expect(await ranOn('softmaxVjp', SMALLEST_STAGED.product - 1)).toBe('softmaxLongRows');
      expect(await ranOn('softmaxVjp', SMALLEST_STAGED.product)).toBe('softmaxProductLongRows');
    });

    test.each([
      {shape: [128, 128], isNative: false},
      {shape: [256, 128], isNative: true},
      {shape: [1024, 128], isNative: true},
      {shape: [4, 65535], isNative: true},
      // Large: brought at once.
      {shape: [512, 1024], isNative: true},
    ])(
      '$shape: the result is TensorFlow’s: $isNative; then nothing but results waits for the garbage collector',
      async (given) => {
        const {shape, isNative} = given;
        const [times, ofTensor] = [20, 4 * util.sizeFromShape(shape)];
        for (const gradient of [false, true]) {
          const {bytesLeft, ...rest} = await tensorflow.call('memory', {shape, times, gradient});
          expect(rest).toEqual({resultIsNative: isNative || held === 'by TensorFlow', inputIsUnchanged: true});
          // Results that are arrays wait for it, copies of inputs do not.
          const results = isNative ? 0 : times * (gradient ? 2 : 1);
          expect(bytesLeft).toBeLessThan((results + 1) * ofTensor);
        }
      },
    );
  });

  test.each([
    {name: 'a copy', takesArrays: false},
    {name: 'the array itself, if it could', takesArrays: true},
  ])('a result does not change with the next one; TensorFlow takes $name', async ({takesArrays}) => {
    const tensorflow = await TensorflowProcess.start('in JavaScript');
    try {
      if (takesArrays) await tensorflow.call('takeArraysAsTheyAre', undefined);
      const random = new Random(2);
      for (const shape of [
        [1024, 128],
        [600, 500],
      ]) {
        const logits = [1, 2].map(() => random.normals(util.sizeFromShape(shape), 5));
        for (const op of ['softmax', 'logSumExp'] as const) {
          const results = await tensorflow.call('severalResults', {op, shape, logits});
          results.forEach((values, i) => {
            const ofRow = (row: Float64Array) =>
              op === 'softmax' ? reference.softmax(row) : [reference.logSumExp(row)];
            const exact = reference.alongAxis(shape, 1, [logits[i]!], ofRow);
            expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(4.5);
          });
        }
      }
    } finally {
      await tensorflow.stop();
    }
  });

  test.each(['in JavaScript', 'by TensorFlow'] as const)(
    'without Buffer, large tensors held %s are right',
    async (held) => {
      const tensorflow = await TensorflowProcess.start(held);
      try {
        await tensorflow.call('without', 'Buffer');
        const shape = [600, 500];
        const logits = new Random(3).normals(util.sizeFromShape(shape), 5);
        const {values, ...ran} = await tensorflow.call('call', {op: 'softmax', shape, logits});
        const exact = reference.alongAxis(shape, 1, [logits], reference.softmax);
        expect(ran).toMatchObject({stagedKernel: 'softmaxLongRows', onThreads: true});
        expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(4.5);
      } finally {
        await tensorflow.stop();
      }
    },
  );

  describe('in one process', () => {
    let tensorflow: TensorflowProcess;
    beforeAll(async () => {
      tensorflow = await TensorflowProcess.start('in JavaScript');
    });
    afterAll(() => tensorflow?.stop());

    test.each([[[33, 99]], [[256, 128]], [[600, 500]], [[1100, 1000]]])(
      'a tensor made from doubles, %p, is read as floats',
      async (shape) => {
        const random = new Random(4);
        const logits = Float64Array.from({length: util.sizeFromShape(shape)}, () => random.normal(5));
        const values = await tensorflow.call('ofDoubles', {shape, logits});
        const exact = reference.alongAxis(shape, 1, [Float32Array.from(logits)], reference.softmax);
        expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(4.5);
      },
    );

    test.each([[[3]], [[33, 99]], [[256, 128]], [[600, 500]], [[1100, 1000]]])(
      'tensors that another backend holds, %p, come over',
      async (shape) => {
        const logits = new Random(5).normals(util.sizeFromShape(shape), 5);
        const values = await tensorflow.call('fromAnotherBackend', {shape, logits});
        const exact = reference.alongAxis(shape, shape.length - 1, [logits], reference.softmax);
        expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(4.5);
      },
    );

    test.each([
      {product: false, nth: 1, shape: [256, 128]},
      {product: true, nth: 1, shape: [256, 128]},
      // Large and of short rows: softmax first, on threads.
      {product: true, nth: 1, shape: [20000, 16]},
      {product: true, nth: 2, shape: [20000, 16]},
    ])('TensorFlow takes no more results: nothing is left behind, %p', async ({shape, ...which}) => {
      const logits = new Float32Array(util.sizeFromShape(shape));
      const given = {shape, logits, op: 'createTensor'};
      await tensorflow.call('failing', {...given, nth: 0}); // tries whether results can be copied
      const {message, left, values} = await tensorflow.call('failing', {...given, ...which});
      expect({message, left}).toEqual({message: 'no more createTensor', left: [0, 0, 0]});
      expect(values.every((value) => value === 1 / shape[1]!)).toBe(true);
    });
  });

  test('without MessageChannel, copies are left to the garbage collector', async () => {
    const tensorflow = await TensorflowProcess.start('by TensorFlow');
    try {
      await tensorflow.call('without', 'MessageChannel');
      const left = await tensorflow.call('memory', {shape: [1024, 128], times: 1, gradient: true});
      expect(left).toEqual({resultIsNative: true, inputIsUnchanged: true, bytesLeft: expect.any(Number)});
    } finally {
      await tensorflow.stop();
    }
  });
});
