import type {ProductKind} from '../../engines/types';
import type {RowOp} from '../row_op';
import {numbers} from '../wgsl/numbers';

const SUMS: Record<ProductKind, (u: number) => string> = {
  softmaxProduct: (u) => `y${u} * v${u}`,
  logSoftmaxJvp: (u) => `y${u} * v${u}`,
  logSoftmaxVjp: (u) => `v${u}`,
};

const FORMULAS: Record<ProductKind, (u: number) => string> = {
  softmaxProduct: (u) => `y${u} * (v${u} - V(t))`,
  logSoftmaxJvp: (u) => `v${u} - V(t)`,
  logSoftmaxVjp: (u) => `v${u} - y${u} * V(t)`,
};

const INPUTS = ['y', 'v'].map((name) => ({name, vectors: true}));
const REGISTERS = ['y', 'v'].map((name) => ({name, load: (j: string) => `V(${name}[place(${j})])`}));

/** A Jacobian product: of each row the sum t, and then the formula of its kind. */
export function productOp(kind: ProductKind, vector: 1 | 4, factor: number): RowOp {
  return {
    key: kind,
    inputs: INPUTS,
    uniforms: [['factor', 'f32', factor]],
    reduces: false,
    numbersOfPart: 1,
    code: () => ({
      functions: numbers(vector),
      registers: REGISTERS,
      exponentials: null,
      sums: [{field: 't', term: SUMS[kind], needsMaximum: false}],
      finish: '',
      map: (u) => `bitcast<VI>(uniforms.factor * (${FORMULAS[kind](u)}))`,
    }),
  };
}
