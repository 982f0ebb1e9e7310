import type {REFERENCE} from '../../kernels/reference_table';

/** The ops that are timed, of those in kernels/reference_table.ts. */
export const OP_NAMES = [
  'softmax',
  'logSoftmax',
  'logSumExp',
  'gradSoftmax',
  'gradLogSoftmax',
] as const satisfies readonly (keyof typeof REFERENCE)[];
export type OpName = (typeof OP_NAMES)[number];
