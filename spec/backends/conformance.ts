import type {SoftmaxBackend} from '../../backends/backend';
import type {ProductKind} from '../../backends/engines/types';
import type {Op} from '../../kernels/op';
import * as reference from '../../kernels/reference';
import {logSoftmax, softmax} from '../../kernels/reference';
import {PRODUCTS_OF_PROBABILITIES, REFERENCE} from '../../kernels/reference_table';
import {reducedShape} from '../../kernels/rows';
import {OPS, type ProductName} from '../../kernels/table';
import {COMPOSITIONS, MASKED_ENTROPY} from '../cases/compositions';
import {LABELS} from '../cases/labels';
import {exactLinear, type LinearResults, linearCase, relativeError} from '../cases/linear';
import {ADVERSARIAL, HUGELY_SCALED, type LogitsCase, SCALED} from '../cases/logits';
import {MASKS} from '../cases/masks';
import {Random} from '../cases/random';
import {EMPTY_SHAPES, SHAPES} from '../cases/shapes';
import {SPECIAL} from '../cases/special';
import {expectedOf} from '../fuzz/expected';
import {verdict} from '../fuzz/verdict';
import type {Call, Host, LabelledCall, LinearCall, Outcome} from '../hosts/call';
import {ulpError, ulpErrorAboveOne, worst} from '../ulp';

/**
 * What has to hold on every backend, as one suite: accuracy against float64 over the adversarial set, special values,
 * any axis of any rank, products, gradients, empty shapes. Every call also checks that the kernel meant has run on the
 * backend meant, and that nothing is left behind.
 *
 * @param backend tfjs's name of the backend that has to run it
 * @param host starts the host; called once, before the tests
 * @param implementation whose bounds and kernels it is held to
 */
export function describeConformance(
  backend: string,
  host: () => Promise<Host>,
  {bounds, fusesMasks, crossEntropy}: SoftmaxBackend<never>,
): void {
  let running: Host;
  beforeAll(async () => {
    running = await host();
  });

  async function run(call: Call | LabelledCall | LinearCall): Promise<Outcome> {
    const outcome = await running.run(call);
    expect(outcome.backend).toBe(backend);
    expect(outcome.leaked).toEqual({tensors: 0, buffers: 0});
    expect(outcome.dtype).toBe('float32');
    const kernels = kernelsOf(call.op);
    if (kernels.length > 0 && !call.mask) expect(outcome.kernels).toContain(kernels[0]);
    return outcome;
  }

  /** A composition runs other kernels of the family inside its own; a fused one none. */
  function expectAlone(kernels: string[], fused: boolean): void {
    expect(kernels.length > 1 ? 'composed' : 'fused').toBe(fused ? 'fused' : 'composed');
  }

  describe('accuracy against float64', () => {
    const seen: Record<string, {error: number; in: string}> = {};
    const note = (op: string, error: number, name: string) => {
      if (!(error <= (seen[op]?.error ?? -1))) seen[op] = {error, in: name};
    };
    afterAll(() => {
      const lines = Object.entries(seen).map(([op, {error, in: name}]) => `  ${op}: ${error.toFixed(2)} (${name})`);
      process.stdout.write(`worst errors on ${running.name}, in ULP or the bound's unit:\n${lines.join('\n')}\n`);
    });

    test.each([...ADVERSARIAL, ...SCALED, ...HUGELY_SCALED])('$name', async (logits) => {
      const exact = exactForward(logits);
      const softmax = await run({op: 'softmax', ...callOf(logits)});
      const softmaxError = worst(softmax.values, exact.softmax, ulpError).error;
      note('softmax', softmaxError, logits.name);
      expect(softmaxError).toBeLessThanOrEqual(bounds.softmax);
      expect(rowSumError(softmax.values, logits)).toBeLessThanOrEqual(bounds.rowSum);

      const logSoftmax = await run({op: 'logSoftmax', ...callOf(logits)});
      const logSoftmaxError = worst(logSoftmax.values, exact.logSoftmax, ulpError).error;
      note('logSoftmax', logSoftmaxError, logits.name);
      expect(logSoftmaxError).toBeLessThanOrEqual(bounds.logSoftmax);

      if (logits.scale !== 1) return;
      const logSumExp = await run({op: 'logSumExp', ...callOf(logits)});
      const logSumExpError = worst(logSumExp.values, exact.logSumExp, ulpErrorAboveOne).error;
      note('logSumExp', logSumExpError, logits.name);
      expect(logSumExpError).toBeLessThanOrEqual(bounds.logSumExp);
    });

    test.each([...ADVERSARIAL, ...SCALED])('products at $name', async (logits) => {
      const vector = vectorFor(logits.values.length);
      for (const op of ['softmaxJvp', 'softmaxVjp', 'logSoftmaxJvp', 'logSoftmaxVjp'] as const) {
        const {exact, unit} = exactProduct(op, logits, vector);
        const outcome = await run({op, ...callOf(logits), vector});
        const {error} = worst(outcome.values, exact, (actual, e, i) => Math.abs(actual - e) / unit[i]!);
        note(op, error, logits.name);
        expect(error).toBeLessThanOrEqual(bounds.product);
      }
    });
  });

  describe('special values', () => {
    test.each(SPECIAL)('$name', async ({row, ...expected}) => {
      // A plain row before and after: nothing special may leak into them.
      const plain = row.map((_, i) => (i % 5) - 2);
      const call = {shape: [3, row.length], logits: Float32Array.from([...plain, ...row, ...plain])};
      for (const op of ['softmax', 'logSoftmax'] as const) {
        const {values} = await run({op, ...call});
        const middle = Array.from(values.subarray(row.length, 2 * row.length));
        expect(middle.map(roughly)).toEqual(expected[op].map(roughly));
        expectClose(values.subarray(0, row.length), REFERENCE[op].value(plain, []));
        expectClose(values.subarray(2 * row.length), REFERENCE[op].value(plain, []));
      }
      const {values} = await run({op: 'logSumExp', ...call});
      expect(roughly(values[1]!)).toEqual(roughly(expected.logSumExp));
      expectClose(values, [reference.logSumExp(plain), expected.logSumExp, reference.logSumExp(plain)]);
    });

    test('-Infinity is masked exactly: 0, not something small', async () => {
      const logits = Float32Array.from([-Infinity, 100, -Infinity, 99]);
      const {values} = await run({op: 'softmax', shape: [4], logits});
      expect([values[0], values[2]]).toEqual([0, 0]);
    });

    test('a scalar is a row of one', async () => {
      const call = {shape: [], logits: Float32Array.of(-3.5)};
      for (const axis of [0, -1]) {
        for (const [op, value] of [
          ['softmax', 1],
          ['logSoftmax', 0],
          ['logSumExp', -3.5],
        ] as const) {
          expect(await run({op, ...call, axis})).toMatchObject({values: Float32Array.of(value), shape: []});
        }
      }
    });

    test.each([[[1000, 1]], [[50, 1, 7]], [[3, 1, 64]]])(
      'rows of one, however many, are exactly 1: %p',
      async (shape) => {
        const random = new Random(9);
        const logits = Float32Array.from({length: shape.reduce((a, b) => a * b)}, () => random.normal(20));
        const {values} = await run({op: 'softmax', shape, logits, axis: 1});
        expect(values.every((y) => y === 1)).toBe(true);
      },
    );

    test.each(EMPTY_SHAPES.map((shape) => [shape]))('no elements: [%p]', async (shape) => {
      const call = {shape, logits: new Float32Array(0), vector: new Float32Array(0), axis: 1};
      for (const op of ['softmax', 'logSoftmax', 'softmaxJvp', 'logSoftmaxVjp'] as const) {
        expect(await run({op, ...call})).toMatchObject({values: new Float32Array(0), shape});
      }
      const sums = await run({op: 'logSumExp', ...call});
      expect(sums.shape).toEqual(reducedShape(shape, 1, false));
      expect(Array.from(sums.values).every((x) => x === -Infinity)).toBe(true);
    });
  });

  describe('any axis', () => {
    const cases = SHAPES.flatMap((shape) => shape.map((_, axis) => ({shape, axis})));
    test.each(cases)('$shape along $axis', async ({shape, axis}) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const random = new Random(size + axis);
      const values = Float32Array.from({length: size}, () => random.normal(4));
      const logits = {name: '', shape, axis, scale: 1, values};
      const exact = exactForward(logits);
      for (const op of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
        const outcome = await run({op, ...callOf(logits)});
        expect(outcome.shape).toEqual(op === 'logSumExp' ? reducedShape(shape, axis, false) : shape);
        const {error} = worst(outcome.values, exact[op], op === 'logSumExp' ? ulpErrorAboveOne : ulpError);
        expect(error).toBeLessThanOrEqual(bounds[op]);
      }
      const vector = vectorFor(size);
      for (const op of ['softmaxVjp', 'logSoftmaxJvp', 'logSoftmaxVjp'] as const) {
        const product = exactProduct(op, logits, vector);
        const outcome = await run({op, ...callOf(logits), vector});
        expect(outcome.shape).toEqual(shape);
        const {error} = worst(outcome.values, product.exact, (actual, e, i) => Math.abs(actual - e) / product.unit[i]!);
        expect(error).toBeLessThanOrEqual(bounds.product);
      }
    });
  });

  describe('masks', () => {
    test.each(MASKS)('$name', async ({shape, axis, scale, values, mask, keep}) => {
      const call = {shape, axis, scale, logits: values, mask};
      const resolved = axis < 0 ? axis + shape.length : axis;
      const scaled = Float64Array.from(values, (x) => x * scale);
      const along = (rowFunction: (x: Float64Array, k: Float64Array) => reference.Row) =>
        reference.alongAxis(shape, resolved, [scaled, keep], rowFunction);
      for (const op of ['softmax', 'logSoftmax'] as const) {
        const outcome = await run({op, ...call});
        expect(outcome.kernels[0]).toBe(kernelsOf(op)[1]);
        expectAlone(outcome.kernels, fusesMasks === true);
        const {error} = worst(outcome.values, along(reference.masked[op]), ulpError);
        expect(error).toBeLessThanOrEqual(bounds[op]);
        const otherwise = op === 'softmax' ? 0 : Number.NEGATIVE_INFINITY;
        expect(outcome.values.filter((_, i) => !keep[i]).every((y) => y === otherwise)).toBe(true);
      }
      if (scale === 1) {
        const outcome = await run({op: 'logSumExp', ...call});
        expectAlone(outcome.kernels, fusesMasks === true);
        const exact = along((x, k) => [reference.masked.logSumExp(x, k)]);
        expect(worst(outcome.values, exact, ulpErrorAboveOne).error).toBeLessThanOrEqual(bounds.logSumExp);
      }
    });

    test.each(MASKS)('gradients: $name', async ({shape, axis, scale, values, mask, keep}) => {
      const resolved = axis < 0 ? axis + shape.length : axis;
      const scaled = Float64Array.from(values, (x) => x * scale);
      const y = reference.alongAxis(shape, resolved, [scaled, keep], reference.masked.softmax);
      // What the mask takes out must not matter in the cotangent either.
      const vector = vectorFor(values.length).map((g, i) => (keep[i] ? g : Number.NaN));
      const cotangent = Float64Array.from(vector, (g) => (Number.isNaN(g) ? 0 : g));
      for (const [op, product] of [
        ['gradSoftmax', reference.softmaxProduct],
        ['gradLogSoftmax', reference.logSoftmaxVjp],
      ] as const) {
        const exact = reference.alongAxis(shape, resolved, [y, cotangent], product).map((g) => g * scale);
        const outcome = await run({op, shape, axis, scale, logits: values, mask, vector});
        const largest = exact.reduce((max, g) => Math.max(max, Math.abs(g)), 1);
        const {error} = worst(outcome.values, exact, (a, e) => Math.abs(a - e) / largest);
        expect(error).toBeLessThanOrEqual(bounds.product * 4 * 2 ** -24);
        expect(outcome.values.filter((_, i) => !keep[i]).every((g) => g === 0)).toBe(true);
      }
      if (scale !== 1) return;
      const rows = shape.map((length, i) => (i === resolved ? 1 : length));
      const perRow = vectorFor(rows.reduce((a, b) => a * b, 1));
      const exact = productOf(y, spreadRows(perRow, shape, resolved));
      const outcome = await run({op: 'gradLogSumExp', shape, axis, logits: values, mask, vector: perRow});
      const {error} = worst(outcome.values, exact, (a, e) => Math.abs(a - e) / Math.max(Math.abs(e), 1e-30));
      expect(error).toBeLessThanOrEqual((bounds.softmax + 1) * 2 ** -23);
    });
  });

  describe('bool tensors that hold other bytes than 0 and 1: all but 0 are true', () => {
    const shape = [2, 5];
    const bytes = Uint8Array.of(0, 1, 2, 128, 255, 3, 0, 0, 254, 1);
    const flags = bytes.map((byte) => Math.min(byte, 1));
    const logits = Float32Array.from(bytes, (_, i) => (i % 4) - 1.5);
    async function expectTheSame(callWith: (values: Uint8Array) => Call) {
      const {values} = await run(callWith(flags));
      expect((await run(callWith(bytes))).values).toEqual(values);
      expect(new Set(values).size).toBeGreaterThan(1);
    }

    test.each(['softmax', 'logSoftmax', 'logSumExp'] as const)('as logits of %s', async (op) => {
      await expectTheSame((values) => ({op, shape, logits: values}));
    });

    test.each([
      ...(['softmax', 'logSoftmax', 'logSumExp', 'gradSoftmax', 'gradLogSoftmax', 'gradLogSumExp'] as const),
      ...(['gradGradSoftmax', 'gradGradLogSoftmax'] as const),
    ])('as the mask of %s', async (op) => {
      const vector = vectorFor(op === 'gradLogSumExp' ? 2 : 10);
      await expectTheSame((values) => ({
        ...{op, shape, logits, mask: {shape, values}, vector},
        vector2: vectorFor(10),
      }));
    });
  });

  describe('cross-entropy', () => {
    test.each(LABELS)('$name', async ({shape, axis, values, labels, smoothing, q}) => {
      const call = {shape, axis, logits: values, labels, smoothing};
      const along = (f: (x: Float64Array, q: Float64Array) => reference.Row) =>
        reference.alongAxis(shape, axis, [values, q], f);
      const losses = await run({op: 'crossEntropy', ...call});
      const kernel = labels.values instanceof Int32Array ? 'sparseCrossEntropy' : 'crossEntropy';
      expect(losses.kernels[0]).toBe(kernel);
      expectAlone(losses.kernels, crossEntropy !== undefined);
      expect(losses.shape).toEqual(reducedShape(shape, axis, false));
      const exact = along((x, l) => [reference.crossEntropy(x, l)]);
      // A sum of n products of labels and logarithms: each is as exact as logSoftmax.
      const lossError = worst(losses.values, exact, ulpError).error;
      expect(lossError).toBeLessThanOrEqual(bounds.logSoftmax + 2);

      const vector = vectorFor(exact.length);
      const perElement = spreadRows(vector, shape, axis);
      const gradient = await run({op: 'gradCrossEntropy', ...call, vector});
      expect(gradient.kernels).toContain(`${kernel}Gradient`);
      const exactGradient = productOf(along(reference.crossEntropyGradient), perElement);
      const unit = along((x, l) => sumOf(reference.softmax(x).map(times(total(l))), l));
      const gradientError = worst(gradient.values, exactGradient, (a, e, i) => {
        return Math.abs(a - e) / Math.max(unit[i]! * Math.abs(perElement[i]!) * 2 ** -24, 1e-30);
      }).error;
      // Where it is composed, smoothing and the subtraction add their roundings.
      expect(gradientError).toBeLessThanOrEqual(bounds.product + 4);

      const mean = await run({op: 'meanCrossEntropy', ...call});
      expect(mean.shape).toEqual([]);
      expect(ulpError(mean.values[0]!, total(exact) / exact.length)).toBeLessThanOrEqual(bounds.logSoftmax + 2);
      const ofMean = await run({op: 'gradMeanCrossEntropy', ...call, vector: Float32Array.of(-1.5)});
      const exactOfMean = along(reference.crossEntropyGradient).map(times(-1.5 / exact.length));
      const meanUnit = (1.5 / exact.length) * 2 ** -24;
      const ofMeanError = worst(ofMean.values, exactOfMean, (a, e, i) => {
        return Math.abs(a - e) / Math.max(unit[i]! * meanUnit, 1e-30);
      }).error;
      expect(ofMeanError).toBeLessThanOrEqual(bounds.product + 4);

      if (labels.values instanceof Int32Array) return;
      const ofLabels = await run({op: 'gradCrossEntropyOfLabels', ...call, vector});
      const exactOfLabels = productOf(along(logSoftmax), perElement).map(times(smoothing - 1));
      expect(worst(ofLabels.values, exactOfLabels, ulpError).error).toBeLessThanOrEqual(bounds.logSoftmax + 2);
    });
  });

  describe('a last layer and its cross-entropy', () => {
    // What softmax is off, and float32 sums.
    const most = (bounds.softmax + 32) * 2 ** -24;

    test.each([
      ['class indices', linearCase([7, 6, 40])],
      ['class indices, smoothed, no bias', linearCase([7, 6, 40], {bias: false, smoothing: 0.1})],
      ['distributions', linearCase([5, 3, 12], {sparse: false})],
      ['a vocabulary', linearCase([5, 8, 5000])],
    ])('%s', async (_, layer) => {
      const {rows, features} = layer;
      const call = {shape: [rows, features], logits: layer.hidden as Float32Array, layer, chunkRows: 2};
      const inOne = ({hidden, weights, bias}: LinearResults) =>
        Float64Array.from([...hidden, ...weights, ...(layer.bias ? bias : [])]);

      const mean = exactLinear(layer);
      const {values, shape} = await run({op: 'linearCrossEntropy', ...call});
      expect(shape).toEqual([]);
      expect(relativeError(values, [mean.total / rows])).toBeLessThanOrEqual(most);
      const ofMean = await run({op: 'gradLinearCrossEntropy', ...call});
      expect(relativeError(ofMean.values, inOne(mean).map(times(1 / rows)))).toBeLessThanOrEqual(most);

      const vector = vectorFor(rows);
      const each = exactLinear({...layer, shares: vector});
      const losses = await run({op: 'linearCrossEntropy', ...call, vector});
      expect(relativeError(losses.values, mean.losses)).toBeLessThanOrEqual(most);
      const gradients = await run({op: 'gradLinearCrossEntropy', ...call, vector});
      expect(relativeError(gradients.values, inOne(each))).toBeLessThanOrEqual(most);

      const vector2 = vectorFor(rows * features, 7);
      const moved = (t: number) =>
        exactLinear({...layer, shares: vector, hidden: Float64Array.from(layer.hidden, (h, i) => h + t * vector2[i]!)});
      const [up, down] = [moved(1e-4).hidden, moved(-1e-4).hidden];
      const second = await run({op: 'gradGradLinearCrossEntropy', ...call, vector, vector2});
      expect(
        relativeError(
          second.values,
          up.map((x, i) => (x - down[i]!) / 2e-4),
        ),
      ).toBeLessThanOrEqual(8 * most);
    });

    test('NaN, infinity and an index that is no class stay in their row', async () => {
      const layer = linearCase([6, 3, 5]);
      const [hidden, labels] = [Float32Array.from(layer.hidden), Int32Array.from(layer.labels)];
      hidden[3] = Number.NaN;
      hidden[9] = Number.POSITIVE_INFINITY;
      labels[4] = 5;
      const wrong = [false, true, false, true, true, false];
      const shares = vectorFor(6);
      const call = {shape: [6, 3], logits: hidden, layer: {...layer, labels}, chunkRows: 4, vector: shares};
      const exact = exactLinear({...layer, shares: shares.map((share, row) => (wrong[row] ? 0 : share))});
      const {losses} = exactLinear(layer);
      const onlyRight = (values: ArrayLike<number>, length: number) =>
        Array.from(values)
          .slice(0, 6 * length)
          .filter((_, i) => !wrong[Math.floor(i / length)]);

      const {values} = await run({op: 'linearCrossEntropy', ...call});
      expect(Array.from(values, Number.isNaN)).toEqual(wrong);
      expect(relativeError(onlyRight(values, 1), onlyRight(losses, 1))).toBeLessThanOrEqual(most);
      const gradients = await run({op: 'gradLinearCrossEntropy', ...call});
      const isNaNs = wrong.map((_, row) => gradients.values.subarray(3 * row, 3 * row + 3).every(Number.isNaN));
      expect(isNaNs).toEqual(wrong);
      expect(relativeError(onlyRight(gradients.values, 3), onlyRight(exact.hidden, 3))).toBeLessThanOrEqual(most);
    });
  });

  describe('entropy, samples, joint axes and class weights', () => {
    test.each(COMPOSITIONS)('$name', async ({fuzzed}) => {
      expect(verdict(fuzzed, await running.runCase(fuzzed), bounds)).toBeNull();
    });

    test.each(MASKED_ENTROPY)('masked $name', async ({fuzzed}) => {
      const {exact, tolerance} = expectedOf(fuzzed, bounds);
      for (const values of [exact, tolerance]) expect(Array.from(values).every(Number.isFinite)).toBe(true);
      expect(verdict(fuzzed, await running.runCase(fuzzed), bounds)).toBeNull();
    });

    test.each(MASKS.slice(0, 14))('second derivatives of masked entropy: $name', async (masked) => {
      const {shape, axis, scale, values, mask, keep} = masked;
      const resolved = axis < 0 ? axis + shape.length : axis;
      const [perRow, vector2] = [
        vectorFor(reducedShape(shape, resolved, false).reduce((a, b) => a * b, 1)),
        vectorFor(values.length, 7),
      ];
      const perElement = spreadRows(perRow, shape, resolved);
      const gradientAt = (t: number) => {
        const x = Float64Array.from(values, (v, i) => (v + (keep[i] ? t * vector2[i]! : 0)) * scale);
        const slopes = reference.alongAxis(shape, resolved, [x, keep], (row, k) => {
          const logs = reference.masked.logSoftmax(row, k).map((log, i) => (k[i] ? log : 0));
          return reference.softmaxProduct(reference.masked.softmax(row, k), logs);
        });
        return productOf(slopes, perElement).map(times(-scale));
      };
      const [up, down] = [gradientAt(1e-4), gradientAt(-1e-4)];
      const exact = up.map((g, i) => (g - down[i]!) / 2e-4);
      const largest = exact.reduce((max, g) => Math.max(max, Math.abs(g)), 1);
      const call = {shape, axis, scale, logits: values, mask, vector: perRow, vector2};
      const outcome = await run({op: 'gradGradEntropy', ...call});
      const {error} = worst(outcome.values, exact, (a, e) => Math.abs(a - e) / largest);
      expect(error).toBeLessThanOrEqual(bounds.product * 16 * 2 ** -24);
      expect(outcome.values.filter((_, i) => !keep[i]).every((g) => g === 0)).toBe(true);
    });
  });

  describe('special rules of cross-entropy', () => {
    const logits = Float32Array.from([1, 2, 3, 1, 2, 3, Number.NaN, 2, 3, 1, 2, 3]);
    const labels = {shape: [4], values: Int32Array.of(3, 1, 0, -1)};
    const call = {shape: [4, 3], logits, labels, smoothing: 0};
    const [plain, label] = [
      [1, 2, 3],
      [0, 1, 0],
    ];

    test('an index that is no class makes its loss NaN, and no other', async () => {
      const {values} = await run({op: 'crossEntropy', ...call});
      expect([values[0], values[2], values[3]]).toEqual([NaN, NaN, NaN]);
      expectClose(values.subarray(1, 2), [reference.crossEntropy(plain!, label!)]);
    });

    test('a cotangent of 0 makes the gradient of its row 0, whatever that holds', async () => {
      const {values} = await run({op: 'gradCrossEntropy', ...call, vector: Float32Array.of(1, 2, 0, 0)});
      expect(Array.from(values.subarray(0, 3))).toEqual([NaN, NaN, NaN]);
      expectClose(values.subarray(3, 6), reference.crossEntropyGradient(plain!, label!).map(times(2)));
      expect(Array.from(values.subarray(6), Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
    });

    test('labels of 0 throughout: no loss and no gradient', async () => {
      const nothing = {...call, labels: {shape: [4, 3], values: new Float32Array(12)}};
      const {values} = await run({op: 'crossEntropy', ...nothing});
      expect(Array.from(values, Math.abs)).toEqual([0, 0, 0, 0]);
      const gradient = await run({op: 'gradCrossEntropy', ...nothing, vector: Float32Array.of(1, 1, 0, 1)});
      expect(Array.from(gradient.values, Math.abs)).toEqual(new Array(12).fill(0));
    });
  });

  describe.each([
    {shape: [3, 5, 4], axis: 1},
    {shape: [1, 3, 1, 5, 2, 2], axis: 3},
  ])('gradients by tf.grad of shape [$shape]', ({shape, axis}) => {
    const random = new Random(5);
    const values = Float32Array.from({length: 60}, () => random.normal(2));
    const logits: LogitsCase = {name: '', shape, axis, scale: 1, values};
    const [vector, vector2] = [vectorFor(60), vectorFor(60, 7)];
    const perRow = vectorFor(12);

    test('of softmax and logSoftmax are their vector-Jacobian products', async () => {
      for (const [op, product] of [
        ['gradSoftmax', 'softmaxVjp'],
        ['gradLogSoftmax', 'logSoftmaxVjp'],
      ] as const) {
        const {exact, unit} = exactProduct(product, logits, vector);
        const outcome = await run({op, ...callOf(logits), vector});
        expect(outcome.kernels).toContain(kernelsOf(product)[0]);
        expect(worst(outcome.values, exact, (a, e, i) => Math.abs(a - e) / unit[i]!).error).toBeLessThanOrEqual(
          bounds.product,
        );
      }
    });

    test('of logSumExp is softmax times the cotangent', async () => {
      const {values: actual} = await run({op: 'gradLogSumExp', ...callOf(logits), vector: perRow});
      const exact = productOf(exactForward(logits).softmax, spreadRows(perRow, shape, axis));
      expectClose(actual, exact);
    });

    test.each(['gradGradSoftmax', 'gradGradLogSoftmax', 'gradGradLogSumExp'] as const)(
      'second derivatives: %s against central differences of the float64 gradient',
      async (op) => {
        const scale = op === 'gradGradLogSumExp' ? 1 : 0.7;
        const cotangent = op === 'gradGradLogSumExp' ? perRow : vector;
        const gradient = (x: Float64Array): number => {
          const rows = {...logits, scale, values: x};
          const g =
            op === 'gradGradLogSumExp'
              ? productOf(exactForward(rows).softmax, spreadRows(perRow, shape, axis))
              : exactProduct(op === 'gradGradSoftmax' ? 'softmaxVjp' : 'logSoftmaxVjp', rows, vector).exact;
          return g.reduce((sum, gi, i) => sum + gi * vector2[i]!, 0);
        };
        const exact = Float64Array.from(values, (_, i) => {
          const step = (h: number) => gradient(Float64Array.from(values, (x, j) => (j === i ? x + h : x)));
          return (step(1e-5) - step(-1e-5)) / 2e-5;
        });
        const outcome = await run({op, ...callOf(logits), scale, vector: cotangent, vector2});
        expect(worst(outcome.values, exact, (a, e) => Math.abs(a - e)).error).toBeLessThan(1e-6);
        expect(Math.max(...exact.map(Math.abs))).toBeGreaterThan(0.01);
      },
    );
  });

  function expectClose(actual: ArrayLike<number>, exact: ArrayLike<number>): void {
    const bound = Math.max(bounds.softmax, bounds.logSoftmax, bounds.logSumExp);
    expect(worst(actual, exact, ulpErrorAboveOne).error).toBeLessThanOrEqual(bound);
  }
}

function callOf({shape, axis, scale, values}: LogitsCase) {
  return {shape, axis, scale, logits: values};
}

function vectorFor(length: number, seed = 3): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({length}, () => random.normal(2));
}

/** One number a row at each element of its row. */
function spreadRows(perRow: Float32Array, shape: number[], axis: number): Float64Array {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const length = shape.reduce((a, b) => a * b, 1);
  return Float64Array.from({length}, (_, i) => perRow[Math.floor(i / (shape[axis]! * inner)) * inner + (i % inner)]!);
}

type AnyLogits = Omit<LogitsCase, 'values'> & {values: ArrayLike<number>};

interface Exact {
  softmax: Float64Array;
  logSoftmax: Float64Array;
  logSumExp: Float64Array;
}

/** Each case is asked for once an op: the float64 reference is the slowest part of a suite. */
const exactOf = new WeakMap<AnyLogits, Exact>();

function exactForward(logits: AnyLogits): Exact {
  const known = exactOf.get(logits);
  if (known) return known;
  const {shape, axis, scale, values} = logits;
  const resolved = axis < 0 ? axis + shape.length : axis;
  const scaled = Float64Array.from(values, (x) => x * scale);
  const exact = {
    softmax: reference.alongAxis(shape, resolved, [scaled], softmax),
    logSoftmax: reference.alongAxis(shape, resolved, [scaled], logSoftmax),
    logSumExp: reference.alongAxis(shape, resolved, [scaled], (row) => [reference.logSumExp(row)]),
  };
  exactOf.set(logits, exact);
  return exact;
}

/** The product in float64, and at each element the unit in which its bound is given. */
function exactProduct(op: ProductName, logits: AnyLogits, v: Float32Array) {
  const {shape, axis, scale} = logits;
  const resolved = axis < 0 ? axis + shape.length : axis;
  const y = exactForward(logits).softmax;
  const {value, magnitude} = PRODUCTS_OF_PROBABILITIES[kernelsOf(op)[0] as ProductKind];
  const exact = reference.alongAxis(shape, resolved, [y, v], value).map(times(scale));
  const size = reference.alongAxis(shape, resolved, [y, v], magnitude).map(times(Math.abs(scale)));
  // What is as small as this may be flushed to 0.
  return {exact, unit: size.map((x) => Math.max(x * 2 ** -24, 1e-30))};
}

/** The kernels that an op is to run: the one without a mask, the one with. Of compositions of ops, none is said here. */
function kernelsOf(op: string): string[] {
  return (OPS as Record<string, Op>)[op]?.kernels.map(({name}) => name) ?? [];
}

const times = (c: number) => (x: number) => x * c;
const sumOf = (a: Float64Array, b: Float64Array) => a.map((x, i) => x + b[i]!);
const productOf = (a: Float64Array, b: Float64Array) => a.map((x, i) => x * b[i]!);
const total = (a: Float64Array) => a.reduce((sum, x) => sum + x, 0);

function rowSumError(y: Float32Array, {shape}: LogitsCase): number {
  const n = shape[shape.length - 1]!;
  let error = 0;
  for (let start = 0; start < y.length; start += n) {
    let sum = 0;
    for (let i = start; i < start + n; i++) sum += y[i]!;
    error = Math.max(error, Math.abs(sum - 1));
  }
  return error;
}

/** For toEqual: special values as they are, others to three digits; accuracy has tests of its own. */
function roughly(x: number): number {
  return Number.isFinite(x) ? Number(x.toPrecision(3)) + 0 : x;
}
