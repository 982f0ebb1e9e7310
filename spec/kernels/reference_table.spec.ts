/** What errors are measured by, worked out by hand: bounds of every backend are in these units, so nothing else would tell. */
import type {Op} from '../../kernels/op';
import {PRODUCTS_OF_PROBABILITIES, REFERENCE} from '../../kernels/reference_table';
import {FORWARD, GRADIENTS, KERNELS, OPS, PRODUCTS} from '../../kernels/table';

const Y = [0.25, 0.75];
const V = [1, -2];
/** Σ y|v| is 1.75, Σ|v| is 3. */
const MAGNITUDES = {
  softmaxProduct: [0.25 * (1 + 1.75), 0.75 * (2 + 1.75)],
  logSoftmaxJvp: [1 + 1.75, 2 + 1.75],
  logSoftmaxVjp: [1 + 0.25 * 3, 2 + 0.75 * 3],
};

test.each(Object.entries(MAGNITUDES))('%s: the size of the terms of each element', (kind, magnitude) => {
  const product = PRODUCTS_OF_PROBABILITIES[kind as keyof typeof MAGNITUDES];
  expect(Array.from(product.magnitude(Y, V))).toEqual(magnitude);
  // Where all terms have one sign nothing cancels: the magnitude is the sum.
  const [y, v] = [
    [0.5, 0.5],
    [3, -3],
  ];
  if (kind !== 'logSoftmaxVjp')
    expect(product.magnitude(y, v).map((size, i) => size / product.value(y, v)[i]!)).toEqual(Float64Array.of(2, -2));
});

test('of logits: the same, of their softmax', () => {
  const x = [0, Math.log(3)];
  for (const [op, kind] of [
    ['softmaxJvp', 'softmaxProduct'],
    ['softmaxVjp', 'softmaxProduct'],
    ['gradSoftmax', 'softmaxProduct'],
    ['logSoftmaxJvp', 'logSoftmaxJvp'],
    ['logSoftmaxVjp', 'logSoftmaxVjp'],
    ['gradLogSoftmax', 'logSoftmaxVjp'],
  ] as const) {
    REFERENCE[op].magnitude(x, V).forEach((size, i) => {
      expect(size).toBeCloseTo(MAGNITUDES[kind][i]!, 12);
    });
  }
});

test('forward passes: the result itself; of logSumExp no less than 1', () => {
  const x = [0.5, -1, 2];
  for (const op of ['softmax', 'softmin', 'logSoftmax', 'gradLogSumExp'] as const) {
    expect(REFERENCE[op].magnitude(x, [])).toEqual(REFERENCE[op].value(x, []).map(Math.abs));
  }
  expect(REFERENCE.logSumExp.magnitude([-Math.LN2, -Math.LN2], [])).toEqual(Float64Array.of(1));
  expect(REFERENCE.logSumExp.magnitude([-30], [])).toEqual(Float64Array.of(30));
  expect(REFERENCE.softmin.value(x, [])).toEqual(REFERENCE.softmax.value([-0.5, 1, -2], []));
});

test('the two tables have the same ops, with the same arguments', () => {
  expect(Object.keys(REFERENCE).sort()).toEqual([FORWARD, PRODUCTS, GRADIENTS].flatMap(Object.keys).sort());
  for (const [name, {parameters}] of Object.entries<Op>({...FORWARD, ...PRODUCTS})) {
    const takesVector = parameters.includes('tangent') || parameters.includes('cotangent');
    expect([name, REFERENCE[name as keyof typeof REFERENCE].takesVector]).toEqual([name, takesVector]);
  }
  expect(REFERENCE.gradSoftmax.takesVector && REFERENCE.gradLogSoftmax.takesVector).toBe(true);
  expect(Object.entries(REFERENCE).flatMap(([name, {perRow}]) => (perRow ? [name] : []))).toEqual(['logSumExp']);
});

test('no two kernels have one name', () => {
  const names = KERNELS.map(({name}) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(
    Object.values<Op>(OPS)
      .flatMap(({kernels}) => kernels)
      .every(({name}) => names.includes(name)),
  ).toBe(true);
});
