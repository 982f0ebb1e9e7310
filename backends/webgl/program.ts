type UniformType = 'float' | 'vec4' | 'int' | 'ivec4';

export interface Program {
  /** GLSL, with `setOutput` and a sampler for each input. All that depends on sizes comes in uniforms. */
  source: string;
  /** The names of its samplers. S is what the draw before has left. */
  inputs: string[];
  uniforms: Record<string, [UniformType, number[]]>;
}

/** A piece of a program, or several: GLSL, and what that reads, if anything. */
export type Piece = string | Partial<Program> | Piece[];

/** The program of these pieces, in order; one that several of its parts need comes once. */
export function programOf(pieces: Piece[]): Program {
  const parts = partsOf(pieces);
  return {
    source: [...new Set(parts.map(({source = ''}) => source))].join('\n'),
    inputs: [...new Set(parts.flatMap(({inputs = []}) => inputs))],
    uniforms: Object.assign({}, ...parts.map(({uniforms}) => uniforms)),
  };
}

function partsOf(piece: Piece): Partial<Program>[] {
  if (Array.isArray(piece)) return piece.flatMap(partsOf);
  return [typeof piece === 'string' ? {source: piece} : piece];
}
