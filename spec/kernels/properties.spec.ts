import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {
  logSoftmax,
  logSoftmaxJacobian,
  logSumExp,
  softmax,
  softmaxInverse,
  softmaxJacobian,
  softmin,
} from '../../index';

/** The properties of the documents that the project started from, each for logits that fast-check makes up. */

fc.configureGlobal({seed: 20261121, numRuns: 200});

const logit = fc.float({min: -30, max: 30, noNaN: true}).map(Math.fround);
const row = fc.array(logit, {minLength: 1, maxLength: 40});
const rowOfTwo = fc.tuple(logit, logit).map((pair) => [...pair]);
const twoRows = fc
  .integer({min: 1, max: 40})
  .chain((n) => fc.tuple(...[0, 1].map(() => fc.array(logit, {minLength: n, maxLength: n}))));

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The values of an op's result, disposed. */
function values(run: () => tf.Tensor): number[] {
  const result = tf.tidy(run);
  const data = Array.from(result.dataSync());
  result.dispose();
  return data;
}

/** Powers of positive weights, brought to sum 1: what the superposition properties are about. In logarithms: no underflow. */
function normalised(logWeights: number[]): number[] {
  const max = Math.max(...logWeights);
  const weights = logWeights.map((w) => Math.exp(w - max));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

function expectDistribution(actual: number[], exact: number[], relative = 1e-5): void {
  expect(actual).toHaveLength(exact.length);
  actual.forEach((y, i) => {
    expect(Math.abs(y - exact[i]!)).toBeLessThanOrEqual(relative * exact[i]! + 1e-30);
  });
}

function expectEach(actual: number[], exact: number[], tolerance: number): void {
  expect(actual).toHaveLength(exact.length);
  actual.forEach((x, i) => {
    expect(Math.abs(x - exact[i]!)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(exact[i]!)));
  });
}

test('property 1, shift invariance: softmax(x + c) = softmax(x)', () => {
  fc.assert(
    fc.property(row, fc.integer({min: -1000, max: 1000}), (x, c) => {
      // On a grid of 2^-8 the shift is exact in float32.
      const grid = x.map((xi) => Math.round(xi * 256) / 256);
      const shifted = grid.map((xi) => xi + c);
      expectDistribution(
        values(() => softmax(shifted)),
        values(() => softmax(grid)),
        1e-6,
      );
      expectEach(
        values(() => logSoftmax(shifted)),
        values(() => logSoftmax(grid)),
        1e-6,
      );
    }),
  );
});

test('property 2, the inverse: log softmax(x) + c gives x back up to a constant', () => {
  fc.assert(
    fc.property(row, logit, (x, offset) => {
      const inverse = values(() => softmaxInverse(softmax(x), -1, {offset}));
      const constant = inverse[0]! - x[0]!;
      expectEach(
        inverse,
        x.map((xi) => xi + constant),
        1e-4,
      );
      expectDistribution(
        values(() => softmax(inverse)),
        values(() => softmax(x)),
        1e-4,
      );
      expect(inverse[0]).toBeCloseTo(Math.log(values(() => softmax(x))[0]!) + offset, 3);
    }),
  );
});

test('property 3, superposition: softmax of αx + βz + c is the normalised product of powers', () => {
  const coefficient = fc.float({min: -2, max: 2, noNaN: true});
  fc.assert(
    fc.property(twoRows, coefficient, coefficient, logit, ([x, z], alpha, beta, c) => {
      const combined = x!.map((xi, i) => alpha * xi + beta * z![i]! + c);
      const [logX, logZ] = [values(() => logSoftmax(x!)), values(() => logSoftmax(z!))];
      const product = normalised(logX.map((l, i) => alpha * l + beta * logZ[i]!));
      expectDistribution(
        values(() => softmax(combined)),
        product,
        1e-4,
      );
    }),
  );
});

test('property 3, sums and differences of logits are products and quotients', () => {
  fc.assert(
    fc.property(twoRows, ([x, z]) => {
      const [p, q] = [values(() => softmax(x!)), values(() => softmax(z!))];
      fc.pre([...p, ...q].every((y) => y > 1e-15));
      const sum = values(() => softmax(tf.add(x!, z!)));
      const difference = values(() => softmax(tf.sub(x!, z!)));
      const normal = (weights: number[]) => normalised(weights.map(Math.log));
      expectDistribution(sum, normal(p.map((pi, i) => pi * q[i]!)), 1e-4);
      expectDistribution(difference, normal(p.map((pi, i) => pi / q[i]!)), 1e-4);
    }),
  );
});

test('property 3, scaling: softmax(αx) is the normalised power, and softmin the normalised reciprocal', () => {
  fc.assert(
    fc.property(row, fc.float({min: -3, max: 3, noNaN: true}), (x, alpha) => {
      const log = values(() => logSoftmax(x));
      expectDistribution(
        values(() => softmax(x, -1, {scale: alpha})),
        normalised(log.map((l) => alpha * l)),
        1e-4,
      );
      expectDistribution(
        values(() => softmin(x)),
        normalised(log.map((l) => -l)),
        1e-4,
      );
    }),
  );
});

test('property 4, the Jacobian: its entries, symmetric, rows that sum to 0', () => {
  fc.assert(
    fc.property(row, (x) => {
      const y = values(() => softmax(x));
      const jacobian = values(() => softmaxJacobian(x));
      const n = x.length;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          const entry = jacobian[i * n + j]!;
          expect(entry).toBeCloseTo(i === j ? y[i]! * (1 - y[i]!) : -y[i]! * y[j]!, 6);
          expect(entry).toBe(jacobian[j * n + i]);
        }
        const rowSum = jacobian.slice(i * n, (i + 1) * n).reduce((a, b) => a + b, 0);
        expect(Math.abs(rowSum)).toBeLessThan(1e-6);
      }
    }),
    {numRuns: 40},
  );
});

test('property 5, sharpness: a larger scale tends to the maximum, shared among tied maxima', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({min: -5, max: 5}), {minLength: 1, maxLength: 20}), (x) => {
      const max = Math.max(...x);
      const ties = x.filter((xi) => xi === max).length;
      const sharp = values(() => softmax(x, -1, {scale: 200}));
      expectDistribution(
        sharp,
        x.map((xi) => (xi === max ? 1 / ties : 0)),
        1e-6,
      );
      const gentle = values(() => softmax(x, -1, {scale: 1}));
      expect(Math.max(...sharp)).toBeGreaterThanOrEqual(Math.max(...gentle) - 1e-6);
    }),
  );
});

test('property 5b, a scale towards 0 tends to the uniform distribution', () => {
  fc.assert(
    fc.property(row, (x) => {
      expectDistribution(
        values(() => softmax(x, -1, {scale: 0})),
        x.map(() => 1 / x.length),
        1e-6,
      );
      expectDistribution(
        values(() => softmax(x, -1, {scale: 1e-9})),
        x.map(() => 1 / x.length),
        1e-6,
      );
    }),
  );
});

test('property 5c, a scale towards -infinity tends to the minimum', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({min: -5, max: 5}), {minLength: 1, maxLength: 20}), (x) => {
      const min = Math.min(...x);
      const ties = x.filter((xi) => xi === min).length;
      const sharp = values(() => softmax(x, -1, {scale: -200}));
      expectDistribution(
        sharp,
        x.map((xi) => (xi === min ? 1 / ties : 0)),
        1e-6,
      );
    }),
  );
});

test('two classes are the logistic function', () => {
  fc.assert(
    fc.property(rowOfTwo, ([a, b]) => {
      const logistic = 1 / (1 + Math.exp(b! - a!));
      const [p, q] = values(() => softmax([a!, b!]));
      expectDistribution([p!, q!], [logistic, 1 / (1 + Math.exp(a! - b!))], 1e-6);
      expect(p! + q!).toBeCloseTo(1, 6);
    }),
  );
});

test('the log-sum-exp identity: log Σ e^x = c + log Σ e^(x-c), for any c', () => {
  fc.assert(
    fc.property(row, fc.integer({min: -500, max: 500}), (x, c) => {
      const grid = x.map((xi) => Math.round(xi * 256) / 256);
      const [direct] = values(() => logSumExp(grid));
      const [shifted] = values(() => logSumExp(grid.map((xi) => xi - c)));
      expectEach([direct!], [c + shifted!], 1e-4);
      const naive = Math.log(grid.reduce((sum, xi) => sum + Math.exp(xi), 0));
      expectEach([direct!], [naive], 1e-6);
    }),
  );
});

test('log-softmax is x - log Σ e^x, and its exponential is softmax', () => {
  fc.assert(
    fc.property(row, (x) => {
      const [sum] = values(() => logSumExp(x));
      const log = values(() => logSoftmax(x));
      expectEach(
        log,
        x.map((xi) => xi - sum!),
        1e-5,
      );
      expectDistribution(
        log.map(Math.exp),
        values(() => softmax(x)),
        1e-5,
      );
    }),
  );
});

test('the log-softmax Jacobian: 1 - yₖ on the diagonal, -yₖ elsewhere', () => {
  fc.assert(
    fc.property(row, (x) => {
      const y = values(() => softmax(x));
      const jacobian = values(() => logSoftmaxJacobian(x));
      const expected = x.flatMap((_, i) => x.map((_, k) => (i === k ? 1 - y[k]! : -y[k]!)));
      expectEach(jacobian, expected, 1e-6);
    }),
    {numRuns: 40},
  );
});
