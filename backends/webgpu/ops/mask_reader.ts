import type {Mask} from '../../backend';
import type {Run} from '../../engines/mask_runs';
import type {Uniform} from '../row_op';

/** WGSL for which elements of a row take part: `kept(j)`, by vectors. */
export interface MaskReader {
  /** Names the code: it depends on how many runs there are. */
  key: string;
  uniforms: Uniform[];
  functions: string;
  locate: string;
}

/** Reads a mask where it is, repeated as its shape says: along each run its index moves by a step. */
export function maskReader({outer, inner: innerRuns, step}: Mask, vector: 1 | 4, inner: number): MaskReader {
  const [before, after] = [runsOf('Outer', outer), runsOf('Inner', innerRuns)];
  const at = (d: number) => `mask[maskFirst + (j * VECTOR + ${d}u) * uniforms.maskStep] != 0`;
  return {
    key: `mask${outer.length}${innerRuns.length}`,
    uniforms: [['maskStep', 'u32', step], ['maskInner', 'u32', inner], ...before.uniforms, ...after.uniforms],
    functions: `
      var<private> maskFirst: u32;
      fn kept(j: u32) -> VB { return ${vector === 4 ? `VB(${[0, 1, 2, 3].map(at).join(', ')})` : at(0)}; }`,
    locate: `
      maskFirst = 0u;
      { var rest = row / uniforms.maskInner; ${before.add} }
      { var rest = row % uniforms.maskInner; ${after.add} }`,
  };
}

/** Statements that add where the mask of index `rest` begins, along these runs, to `maskFirst`. */
function runsOf(name: string, runs: Run[]): {uniforms: Uniform[]; add: string} {
  return {
    uniforms: runs.flatMap(({length, step}, d): Uniform[] => [
      [`mask${name}Length${d}`, 'u32', length],
      [`mask${name}Step${d}`, 'u32', step],
    ]),
    add: runs
      .map(
        (_, d) =>
          `maskFirst += rest % uniforms.mask${name}Length${d} * uniforms.mask${name}Step${d}; rest /= uniforms.mask${name}Length${d};`,
      )
      .reverse()
      .join('\n'),
  };
}
