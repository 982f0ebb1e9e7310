import {Tensor} from '@tensorflow/tfjs-core';
import {checkBoolean, checkFinite, checkOptions, checkRange, mustBe, show} from '../kernels/check';
import {checkTensor} from '../kernels/input';
import {gradientDepth} from '../tfjs/tape';
import {check, type Settings} from './checking';
import type {Differentiable} from './derivatives';
import {type Reading, readAsync, readSync} from './reading';
import {failureOf, type GradientReport} from './report';

/** Options of `checkGradients`. */
export interface GradientCheckOptions {
  /** The highest order to check; 1 by default. Order 2 is the gradient of the gradient, and so on. */
  order?: number;
  /** The number of random directions in which each input is moved, 1 by default; `'all'` moves each element by itself. */
  directions?: number | 'all';
  /** What to check: `'vjp'`, the default, the result of tf.grads; `'jvp'` the result of `f.jvp`, order 1 only. */
  modes?: ('vjp' | 'jvp')[];
  /** Another implementation: its gradients must agree element by element, within 1e-4 of their size. */
  against?: Differentiable | null;
  /** The largest step of the differences; by default the check finds a good one. */
  step?: number | null;
  /**
   * The error allowed beyond that of the differences, relative to the gradient's size along the direction; 1e-6 by default.
   */
  rtol?: number;
  /** The absolute error allowed in addition; 0 by default. */
  atol?: number;
  /** The seed of the random directions; 0 by default. */
  seed?: number;
  /** Whether to throw if a derivative differs (the default), or only to report it. */
  raise?: boolean;
}

/** Gradients are made of rounded numbers too. */
const RTOL = 1e-6;

/**
 * Compares the gradients of any function of tensors with finite differences of its values.
 *
 * Each input is moved along a random direction u, and the results are weighted with a random cotangent w: the single number
 * <Jᵗw, u> tests all elements of the gradient. The differences are made for float32: the step sizes are adapted to f, nine
 * steps are extrapolated to 0, and the tolerance follows from the rounding errors of the values. f is called 20 times for
 * one input, order and direction; each further input takes 18 calls, each further direction 19.
 *
 * @param f a function of as many tensors as there are inputs, which returns a float32 tensor or an array of them. The same
 *   inputs must give the same results. For the mode `'jvp'` it needs a property `jvp`
 * @param inputs one tensor or an array; those that are not float32 are passed to f and reported as skipped
 * @param options order, directions, tolerances
 * @returns a report; its checks give input, order, direction, analytic, numeric, error and tolerance. A check is undecided
 *   if f has a kink at the inputs, like relu at 0
 * @throws if a derivative differs, unless `raise` is false; if f, an input or an option is invalid; if the backend cannot
 *   be read synchronously, such as webgpu in Node: use {@link checkGradientsAsync} there
 * @example
 * checkGradients((x) => softmax(x), tf.tensor1d([1, 2, 3]), {order: 2});
 */
export function checkGradients(
  f: Differentiable,
  inputs: Tensor | Tensor[],
  options: GradientCheckOptions = {},
): GradientReport {
  return readSync(checking('checkGradients', f, inputs, options), (error) => {
    const message = error instanceof Error ? error.message : String(error);
    return new Error(
      `checkGradients: this backend cannot be read synchronously (${message}). ` +
        'Use await checkGradientsAsync(...), which takes the same arguments.',
    );
  });
}

/**
 * {@link checkGradients} for backends that cannot be read synchronously, or slowly: it awaits all values.
 *
 * @example
 * ```ts
 * const {ok} = await checkGradientsAsync((x) => x.square().sum(), tf.tensor1d([1, 2, 3]));
 * ```
 *
 * @param f as for checkGradients
 * @param inputs as for checkGradients; do not dispose of them until the promise settles
 * @param options as for checkGradients
 * @returns a promise of the report
 * @throws what checkGradients throws, as a rejection
 */
export async function checkGradientsAsync(
  f: Differentiable,
  inputs: Tensor | Tensor[],
  options: GradientCheckOptions = {},
): Promise<GradientReport> {
  return readAsync(checking('checkGradientsAsync', f, inputs, options));
}

function* checking(
  op: string,
  f: Differentiable,
  inputs: Tensor | Tensor[],
  options: GradientCheckOptions,
): Reading<GradientReport> {
  const {raise, ...settings} = checkArguments(op, f, options);
  if (gradientDepth() > 0) throw new Error(`${op}: it differentiates by itself. Call it outside of tf.grad.`);
  const report = yield* check(op, f, checkInputs(op, inputs), settings);
  if (raise && !report.ok) throw failureOf(op, report);
  return report;
}

function checkInputs(op: string, given: Tensor | Tensor[]): Tensor[] {
  const inputs = Array.isArray(given) ? given : [given];
  inputs.forEach((input, i) => {
    if (!(input instanceof Tensor)) {
      throw new Error(`${op}: input ${i} is ${show(input)}. Allowed is a tensor, or an array of tensors.`);
    }
    checkTensor(op, `input ${i}`, input);
  });
  if (inputs.length === 0) throw new Error(`${op}: inputs is an empty array. Pass at least one tensor.`);
  return inputs;
}

function checkArguments(op: string, f: Differentiable, options: GradientCheckOptions): Settings & {raise: boolean} {
  const {order = 1, directions = 1, modes = ['vjp'], against, step} = checkOptions(op, options);
  checkFunction(op, 'f', f);
  if (against != null) checkFunction(op, 'against', against);
  checkCount(op, 'order', order, '');
  if (directions !== 'all') checkCount(op, 'directions', directions, " or 'all'");
  if (!Array.isArray(modes) || modes.length === 0 || modes.some((mode) => mode !== 'vjp' && mode !== 'jvp')) {
    const given = Array.isArray(modes) ? `[${modes.map(show).join(', ')}]` : show(modes);
    throw new Error(`${op}: modes must be an array with 'vjp', 'jvp' or both, but got ${given}.`);
  }
  if (modes.includes('jvp') && typeof f.jvp !== 'function') {
    throw new Error(
      `${op}: modes has 'jvp', but f has no function jvp. Give it one, of the inputs and then their tangents: ` +
        'Object.assign(f, {jvp: (x, v) => ...}).',
    );
  }
  const {rtol = RTOL, atol = 0, seed = 0, raise = true} = options;
  for (const [name, value] of Object.entries({rtol, atol})) checkRange(op, name, value, (v) => v >= 0, '0 or more');
  if (step != null) checkRange(op, 'step', step, (v) => v > 0, 'greater than 0');
  checkFinite(op, 'seed', seed);
  checkBoolean(op, 'raise', raise);
  return {order, directions, modes, against: against ?? null, step: step ?? null, rtol, atol, seed, raise};
}

function checkFunction(op: string, name: string, value: unknown): void {
  if (typeof value !== 'function') throw mustBe(op, name, 'a function', value);
}

function checkCount(op: string, name: string, value: number, or: string): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw mustBe(op, name, `an integer of 1 or more${or}`, value);
}
