/**
 * Where tfjs's own ops compute although there are kernels here, since they are faster there. Backends that are left to tfjs
 * altogether say so themselves: see `detour` in backends/backend.ts.
 */
import type {RoutedOp} from './route';

interface Exception {
  /** It concerns tensors of more elements than so many. */
  above: number;
  reason: string;
}

/**
 * On two cores TensorFlow takes longer at 262,144 elements: forward 1.4 to 1.7 times as long, for the gradient 1.1 times. At
 * 300,000 to a million it takes 0.6 to 0.97 and 0.6 to 0.75 of the time. More cores help TensorFlow, and not the copies here.
 */
const LARGE = 1 << 18;

/** By op and backend. */
const EXCEPTIONS: Partial<Record<RoutedOp, ReadonlyMap<string, Exception>>> = {
  'tf.softmax': new Map([
    [
      'tensorflow',
      {
        above: LARGE,
        reason:
          'tensors of more than 262,144 elements are left to TensorFlow, whose ops are faster there, forward and for the ' +
          'gradient. Second derivatives run in this package, and so does softmax called by name',
      },
    ],
  ]),
  'tf.logSoftmax': new Map([
    [
      'tensorflow',
      {
        above: LARGE,
        reason:
          "the gradient of more than 262,144 elements is computed by TensorFlow's ops, which are faster there. The forward " +
          'pass is not, since TensorFlow loses the digits of confident log-probabilities',
      },
    ],
  ]),
};

/** How many elements there may be at most for this package to compute. */
export function limitOf(op: RoutedOp, backend: string): number {
  return exceptionOf(op, backend)?.above ?? Number.POSITIVE_INFINITY;
}

export function exceptionOf(op: RoutedOp, backend: string): Exception | undefined {
  return EXCEPTIONS[op]?.get(backend);
}
