/**
 * An op on rows: what a call has to know of it. Its code is asked for when it has to be compiled.
 */
export interface RowOp {
  /** Tells its code from that of other ops. */
  key: string;
  inputs: OpInput[];
  uniforms: Uniform[];
  /** Whether each row becomes one number; else each element becomes one. */
  reduces: boolean;
  /** How many numbers a part of a row leaves to be merged: the key of its maximum, if there is one, and the fields. */
  numbersOfPart: number;
  code: () => RowCode;
}

/**
 * The same as WGSL: what is read of each element, what of it is summed along the row, and what comes of the sums.
 * `row_program.ts` makes programs of it, for any plan.
 *
 * Names that the texts may use: `thread` and `rowHere`, which thread of which of the workgroup's rows it is; `row`, its
 * number among all; `place(j)`, where vector j of the row lies; and those that wgsl/ defines. A text for vector u of a
 * thread finds its number in `j${u}`, and the registers by their names followed by u.
 */
export interface RowCode {
  functions: string;
  /** Statements that say where a row begins in other tensors, once `row` is known. */
  locate?: string;
  /** What a thread reads of each vector: with the value that stands for what is beyond the row's end. */
  registers: Register[];
  /**
   * Whether the exponentials of the register `x` are summed relative to the row's maximum. `sum` gives the field `sum`;
   * `logarithm` the fields `others`, the sum without the maximal elements, and `maximal`, how many these are, since a sum
   * near 1 would lose what its logarithm is.
   */
  exponentials: 'sum' | 'logarithm' | null;
  /** More fields: sums of V over all vectors of a row. */
  sums: Sum[];
  /** Statements, from `maximumKey`, `maximum`, `shift` and the fields, that each thread of the row runs. */
  finish: string;
  /** What an element becomes, as VI. Its register `x` holds the exponential already if `takesExponentials`. */
  map?: (u: number) => string;
  takesExponentials?: boolean;
  /** Or the one number that the row becomes, as i32. */
  rowResult?: string;
}

export interface OpInput {
  name: string;
  /** Whether it is read in vectors, as the logits are; others are read number by number. */
  vectors: boolean;
}

export type Uniform = [name: string, type: 'u32' | 'f32', value: number];

export interface Register {
  name: string;
  /** The vector with the number in the variable j, and its value where `inside` is false. */
  load: (j: string, inside: string) => string;
}

export interface Sum {
  field: string;
  term: (u: number) => string;
  /** Whether the term needs the row's maximum: then a row that is not in registers is read once more. */
  needsMaximum: boolean;
  /** The field of a part of the row, from `maximum`, to be merged with others; its own names have the suffix Of the part. */
  merged?: string;
}
