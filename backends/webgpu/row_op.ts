import type {Program} from '../../tfjs/webgpu_launch';

/**
 * An op on rows: what a call has to know of it. Its code is asked for when it has to be compiled.
 */
export interface RowOp {
  /** Tells its code from that of other ops. */
  key: string;
  /** The inputs that are read in vectors: a thread holds one of each in a register. */
  registers: string[];
  /** Those that are read number by number. */
  others?: string[];
  uniforms: Uniform[];
  /** Whether each row becomes one number; else each element becomes one. */
  reduces: boolean;
  code: (vector: 1 | 4) => RowCode;
}

/**
 * The same as WGSL: what is summed along the row, and what comes of the sums. `row_program.ts` makes programs of it, for any
 * plan.
 *
 * Names that the texts may use: `thread` and `rowHere`, which thread of which of the workgroup's rows it is; `row`, its
 * number among all; `place(j)`, where vector j of the row lies; and those that wgsl/ defines. A text for vector u of a
 * thread finds its number in `j${u}`, and the registers by the names of their inputs followed by u.
 */
export interface RowCode {
  functions?: string;
  /** Statements that say where a row begins in other tensors, once `row` is known. */
  locate?: string;
  /**
   * Whether the exponentials of the register `x` are summed relative to the row's maximum; `logits` in wgsl/ reads it then.
   * `sum` gives the field `sum` and its `reciprocal`, and leaves the exponential in the register; `logarithm` gives
   * `logSum`, by way of the fields `others`, the sum without the maximal elements, and `maximal`, how many these are, since a
   * sum near 1 would lose what its logarithm is. Both give `maximumKey`, `maximum`, `shift`, and whether there is `none`, no
   * softmax.
   */
  exponentials?: 'sum' | 'logarithm';
  /** More fields: sums of V over all vectors of a row. */
  sums?: Sum[];
  /** Statements, from all these, that each thread of the row runs. */
  finish?: string;
  /** What an element becomes, as VI, by its vector; or the one number that the row becomes, as i32. */
  result: (u: number) => string;
}

export type Uniform = Program['uniforms'][number];

export interface Sum {
  field: string;
  term: (u: number) => string;
  /**
   * If the term needs the row's maximum: the field of a part of the row, from that, to be merged with others; its own names
   * have the suffix Of the part. A row that is not in registers is read once more.
   */
  merged?: string;
}
