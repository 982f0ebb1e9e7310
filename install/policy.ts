/**
 * Where tfjs's own ops compute although there are kernels here, since they are faster there. Backends that are left to tfjs
 * altogether say so themselves: see `detour` in backends/backend.ts.
 */
import type {RoutedOp} from './route';

/**
 * On two cores TensorFlow takes longer at 262,144 elements: forward 1.4 to 1.7 times as long, for the gradient 1.1 times. At
 * 300,000 to a million it takes 0.6 to 0.97 and 0.6 to 0.75 of the time. More cores help TensorFlow, and not the copies here.
 */
const LARGE = 1 << 18;

/** What TensorFlow computes of tensors of more elements, by the op, and why. */
const LEFT_TO_TENSORFLOW: Partial<Record<RoutedOp, string>> = {
  'tf.softmax':
    'tensors of more than 262,144 elements are left to TensorFlow, whose ops are faster there, forward and for the ' +
    'gradient. Second derivatives run in this package, and so does softmax called by name',
  'tf.logSoftmax':
    "the gradient of more than 262,144 elements is computed by TensorFlow's ops, which are faster there. The forward " +
    'pass is not, since TensorFlow loses the digits of confident log-probabilities',
};

/** What of a routed op is left to a backend's own ops, and why; undefined if nothing is. */
export function exceptionOf(op: RoutedOp, backend: string): string | undefined {
  return backend === 'tensorflow' ? LEFT_TO_TENSORFLOW[op] : undefined;
}

/** How many elements there may be at most for this package to compute. */
export function limitOf(op: RoutedOp, backend: string): number {
  return exceptionOf(op, backend) === undefined ? Number.POSITIVE_INFINITY : LARGE;
}
