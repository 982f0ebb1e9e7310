/**
 * Where tfjs's own op computes although there are kernels here, since it is faster there. Backends that are left to tfjs
 * altogether say so themselves: see `detour` in backends/backend.ts.
 */
import type {RoutedOp} from './route';

interface Exception {
  /** It computes tensors of more elements than so many. */
  above: number;
  reason: string;
}

/** By op and backend. */
const EXCEPTIONS: Partial<Record<RoutedOp, ReadonlyMap<string, Exception>>> = {
  'tf.softmax': new Map([
    [
      'tensorflow',
      {
        // Measured on two cores: at 262,144 elements 1.4 to 1.7 times as fast here, at 1,000,000 0.6 to 0.9.
        above: 1 << 18,
        reason:
          'the forward pass of more than 262,144 elements is left to TensorFlow, whose op is faster there. ' +
          'Gradients still run in this package, and so does softmax called by name',
      },
    ],
  ]),
};

export function exceptionOf(op: RoutedOp, backend: string): Exception | undefined {
  return EXCEPTIONS[op]?.get(backend);
}
