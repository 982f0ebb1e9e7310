import type {ProductKind} from '../../engines/types';
import type {RowOp} from '../row_op';

/** By kind: what is summed over each row, and what the sum t makes of each element. */
const FORMULAS: Record<ProductKind, {term: (u: number) => string; product: (u: number) => string}> = {
  softmaxProduct: {term: (u) => `y${u} * v${u}`, product: (u) => `y${u} * (v${u} - t)`},
  logSoftmaxJvp: {term: (u) => `y${u} * v${u}`, product: (u) => `v${u} - t`},
  logSoftmaxVjp: {term: (u) => `v${u}`, product: (u) => `v${u} - y${u} * t`},
};

/** A Jacobian product: of each row the sum t, and then the formula of its kind. */
export function productOp(kind: ProductKind, factor: number): RowOp {
  const {term, product} = FORMULAS[kind];
  return {
    key: kind,
    registers: ['y', 'v'],
    uniforms: [['factor', 'f32', factor]],
    reduces: false,
    code: () => ({
      sums: [{field: 't', term}],
      result: (u) => `bitcast<VI>(uniforms.factor * (${product(u)}))`,
    }),
  };
}
