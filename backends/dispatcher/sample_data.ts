import {REFERENCE} from '../../kernels/reference_table';
import {type ExpectedRow, expectedRows} from './check';
import type {Task} from './workload';

/** What a task is tried out with, and what it has to give. */
export interface SampleData {
  /** Logits, and the vector if the op takes one. */
  inputs: Float32Array[];
  /** Worked out when it is first asked for. */
  expected: () => ExpectedRow[];
}

/** Logits on (-6, 6), as a network might have them, without a pattern in a row; the same in every run. */
export function sampleData({op, rows, elements}: Task): SampleData {
  const period = 4093; // a prime, so that rows differ
  const wave = Float32Array.from({length: period}, (_, i) => 6 * Math.sin(i * i));
  const x = new Float32Array(elements);
  for (let i = 0; i < elements; i++) x[i] = wave[i % period]!;
  const {takesVector} = REFERENCE[op];
  const v = takesVector ? x.map((value) => value / 6) : new Float32Array(0);
  let expected: ExpectedRow[] | undefined;
  return {
    inputs: takesVector ? [x, v] : [x],
    expected: () => {
      expected ??= elements > 0 ? expectedRows(op, x, v, rows) : [];
      return expected;
    },
  };
}
