import type {RowOp} from '../row_op';
import {numbers} from '../wgsl/numbers';

/** The sum of each row, times a factor, which is taken of each element: their sum might overflow. */
export function totalOp(vector: 1 | 4, factor: number): RowOp {
  return {
    key: 'total',
    inputs: [{name: 'x', vectors: true}],
    uniforms: [['factor', 'f32', factor]],
    reduces: true,
    numbersOfPart: 1,
    code: () => ({
      functions: numbers(vector),
      registers: [{name: 'x', load: (j) => `V(x[place(${j})])`}],
      exponentials: null,
      sums: [{field: 't', term: (u) => `uniforms.factor * x${u}`, needsMaximum: false}],
      finish: '',
      rowResult: 'bitcast<i32>(t)',
    }),
  };
}
