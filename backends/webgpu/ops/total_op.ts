import type {RowOp} from '../row_op';

/** The sum of each row, times a factor, which is taken of each element: their sum might overflow. */
export function totalOp(factor: number): RowOp {
  return {
    key: 'total',
    registers: ['x'],
    uniforms: [['factor', 'f32', factor]],
    reduces: true,
    code: () => ({
      sums: [{field: 't', term: (u) => `uniforms.factor * x${u}`}],
      result: () => 'bitcast<i32>(t)',
    }),
  };
}
