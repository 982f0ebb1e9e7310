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

/** A Jacobian product: of each row the sum t, and then the formula of its kind. */
export function productOp(kind: ProductKind, vector: 1 | 4, factor: number): RowOp {
  const register = (name: string) => ({name, load: (j: string) => `V(${name}[place(${j})])`});
  return {
    key: kind,
    inputs: ['y', 'v'].map((name) => ({name, vectors: true})),
    uniforms: [['factor', 'f32', factor]],
    functions: numbers(vector),
    registers: [register('y'), register('v')],
    exponentials: null,
    sums: [{field: 't', term: SUMS[kind], needsMaximum: false}],
    finish: '',
    map: (u) => `bitcast<VI>(uniforms.factor * (${FORMULAS[kind](u)}))`,
  };
}
