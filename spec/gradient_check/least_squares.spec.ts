import {fitPowers} from '../../gradient_check/least_squares';

test('steps a thousand times apart, and values ten million times their noise, leave no residual that is not there', () => {
  const steps = [4e-4, 3e-3, 0.03, 0.06, 0.4];
  const noise = 1e-7;
  const odd = fitPowers(
    steps,
    steps.map((t) => 3 * t - 2 * t ** 3 + t ** 5),
    steps.map(() => noise),
    [1, 3, 5],
  );
  expect(odd.residual).toBeLessThan(1e-9);
  expect(Math.abs(odd.coefficients[0]! - 3)).toBeLessThan(1e-12);
  const even = fitPowers(
    [0, ...steps],
    [0, ...steps].map((t) => 5 * t ** 2 + t ** 4 - t ** 6),
    [0, ...steps].map(() => noise),
    [0, 1, 2, 4, 6],
  );
  expect(even.residual).toBeLessThan(1e-9);
  expect(Math.abs(even.coefficients[1]!)).toBeLessThan(1e-9);
});

test('the gain of a coefficient is its standard deviation where each value has a noise of 1', () => {
  // The mean of four values, one of which counts a quarter; and a line through the origin.
  expect(fitPowers([1, 1, 1, 1], [2, 2, 2, 9], [1, 1, 1, 2], [0]).gains[0]).toBeCloseTo(1 / Math.sqrt(3.25), 12);
  const {coefficients, gains, residual} = fitPowers([1, 2], [1, 3], [1, 1], [1]);
  expect(coefficients[0]).toBeCloseTo(7 / 5, 12);
  expect(gains[0]).toBeCloseTo(1 / Math.sqrt(5), 12);
  expect(residual).toBeCloseTo((1 - 7 / 5) ** 2 + (3 - 14 / 5) ** 2, 12);
});
