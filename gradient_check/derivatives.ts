import {add, clone, engine, keep, Tensor, tensor, tidy, util, zerosLike} from '@tensorflow/tfjs-core';
import {show} from '../kernels/check';
import {multiply, sumAll} from '../kernels/primitives';
import {abandonTape} from '../tfjs/tape';

/** A function to check: of tensors, with one result or several. */
// biome-ignore lint/suspicious/noExplicitAny: a function of Tensor2D is one too
export type Differentiable = ((...inputs: any[]) => Tensor | Tensor[]) & {
  /**
   * The Jacobian of f times a vector. It is called with the inputs and then one float32 tangent for each input, of the same
   * shape. It returns derivatives in the same form in which f returns values.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  jvp?: (...inputsAndTangents: any[]) => Tensor | Tensor[];
};

/** A function of the inputs that are differentiated, and its results. */
export type Results = (xs: Tensor[]) => Tensor[];

interface Differentiated {
  value: Tensor | null;
  /** `null` for an input that tfjs finds no way back to. */
  gradients: (Tensor | null)[];
}

/** f of the inputs at those places, the others as they are. */
export function resultsOf(op: string, f: Differentiable, inputs: Tensor[], places: number[]): Results {
  return (xs) => {
    const all = [...inputs];
    places.forEach((place, i) => {
      all[place] = xs[i]!;
    });
    return checkResults(op, f(...all));
  };
}

export function checkResults(op: string, result: unknown): Tensor[] {
  const results = Array.isArray(result) ? result : [result];
  const wrong = results.find((each) => !(each instanceof Tensor));
  if (results.length === 0 || wrong !== undefined || result === undefined) {
    const given = Array.isArray(result) && result.length === 0 ? 'nothing' : show(wrong);
    throw new Error(`${op}: f must return a tensor or an array of tensors, but got ${given}.`);
  }
  for (const {dtype} of results as Tensor[]) {
    if (dtype !== 'float32') {
      throw new Error(`${op}: f returns ${dtype}, which has no derivative. Let it return float32.`);
    }
  }
  return results;
}

/** The gradients of Σ cotangent·result, as a function: of an input without a way back they are 0. */
export function gradientsOf(results: Results, cotangents: () => Tensor[]): Results {
  return (xs) => differentiate(results, xs, cotangents()).gradients.map((gradient, i) => gradient ?? zerosLike(xs[i]!));
}

/** The gradients at xs, and the value if there is but one result. The tensors are the caller's. */
export function valueAndGradients(results: Results, xs: Tensor[], cotangents: Tensor[]): Differentiated {
  const tfjs = engine(); // tidy takes no null
  tfjs.startScope();
  try {
    const {value, gradients} = differentiate(results, xs, cotangents);
    const kept = (t: Tensor | null) => t && keep(clone(t));
    return {value: kept(value), gradients: gradients.map(kept)};
  } catch (error) {
    abandonTape();
    throw error;
  } finally {
    tfjs.endScope();
  }
}

function differentiate(results: Results, xs: Tensor[], cotangents: Tensor[]): Differentiated {
  let count = 0;
  const f = () => {
    const values = results(xs);
    count = values.length;
    return count === 1 ? values[0]! : weighted(values, cotangents);
  };
  // One result takes its cotangent as tf.grads hands it over; so a gradient that forgets it is found.
  const single = cotangents.length === 1 ? cotangents[0] : undefined;
  // tf.grads would throw for an input without a way back, which is right where the derivative is 0.
  const {value, grads} = engine().gradients(f, xs, single, true);
  grads.forEach((gradient, i) => {
    if (gradient && !util.arraysEqual(gradient.shape, xs[i]!.shape)) {
      throw new Error(`the gradient has shape [${gradient.shape}] where the input has [${xs[i]!.shape}]`);
    }
  });
  return {value: count === 1 ? value : null, gradients: grads.map((gradient) => gradient ?? null)};
}

/** Σ cotangent·result, of ops that have derivatives of any order whether or not tfjs's gradients are loaded. */
function weighted(results: Tensor[], cotangents: Tensor[]): Tensor {
  return results.map((result, i) => sumAll(multiply(result, cotangents[i]!))).reduce((a, b) => add(a, b));
}

/** Tensors of values, evaluated: results that are the caller's. */
export function evaluate(results: Results, values: Float32Array[], shapes: number[][]): Tensor[] {
  return tidy(() =>
    results(values.map((each, i) => tensor(each, shapes[i], 'float32'))).map((result) => clone(result)),
  );
}
