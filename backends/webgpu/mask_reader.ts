import type {Mask} from '../backend';
import type {Run} from '../engines/mask_runs';
import type {Uniform} from './row_op';

/** WGSL for which elements of a row take part: `kept(j)`, by vectors. */
export interface MaskReader {
  /** Names the code: it depends on how many runs there are. */
  key: string;
  uniforms: Uniform[];
  functions: (vector: 1 | 4) => string;
  locate: () => string;
}

/** Reads a mask where it is, repeated as its shape says: along each run its index moves by a step. */
export function maskReader({outer, inner, step}: Mask): MaskReader {
  const at = (d: number) => `mask[maskFirst + (j * VECTOR + ${d}u) * uniforms.maskStep] != 0`;
  return {
    key: `mask${outer.length}${inner.length}`,
    uniforms: [['maskStep', 'u32', step], ...uniformsOf('Outer', outer), ...uniformsOf('Inner', inner)],
    functions: (vector) => `
      var<private> maskFirst: u32;
      fn kept(j: u32) -> VB { return ${vector === 4 ? `VB(${[0, 1, 2, 3].map(at).join(', ')})` : at(0)}; }`,
    locate: () => `
      maskFirst = 0u;
      { var rest = row / uniforms.inner; ${addStart('Outer', outer)} }
      { var rest = row % uniforms.inner; ${addStart('Inner', inner)} }`,
  };
}

function uniformsOf(name: string, runs: Run[]): Uniform[] {
  return runs.flatMap(({length, step}, d): Uniform[] => [
    [`mask${name}Length${d}`, 'u32', length],
    [`mask${name}Step${d}`, 'u32', step],
  ]);
}

/** Statements that add where the mask of index `rest` begins, along these runs, to `maskFirst`. */
function addStart(name: string, runs: Run[]): string {
  const lines = runs.map((_, d) => {
    const length = `uniforms.mask${name}Length${d}`;
    return `maskFirst += rest % ${length} * uniforms.mask${name}Step${d}; rest /= ${length};`;
  });
  return lines.reverse().join('\n');
}
