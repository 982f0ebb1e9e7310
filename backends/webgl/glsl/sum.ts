/** A loop in GLSL, over items from `first` to `end`, and how many turns it takes at most. */
export interface Loop {
  first: string;
  end: string;
  step: string;
  turns: number;
}

/**
 * A loop that sums. The error of a running sum grows with its length, and with terms that are alike it all goes one way:
 * a thousand of them were 12 · 2^-24 off in blocks of 32. So eight terms are a block, four blocks a larger one, four of
 * those another, and of 512 terms, the longest loop that `plan.ts` plans for a GPU, four of these: 2 · 2^-24. Blocks that
 * would be the only one are left out.
 *
 * `body` is GLSL that adds item `j`, and what is beside it, to `sum`.
 */
export function blockwise(total: string, loop: Loop, body: string): string {
  const lengths = [128, 32, 8].filter((length) => length < loop.turns);
  return nested(lengths, total, loop, body);
}

function nested([length, ...shorter]: number[], total: string, {first, end, step, turns}: Loop, body: string): string {
  if (length === undefined) {
    return `
    vec4 sum = vec4(0.);
    for (int j = ${first}; j < ${end}; j += ${step}) {
      ${body}
    }
    ${total} += sum;`;
  }
  const [block, blockEnd, blockSum] = [`block${length}`, `end${length}`, `sum${length}`];
  const inBlock = {first: block, end: blockEnd, step, turns};
  return `
    vec4 ${blockSum} = vec4(0.);
    for (int ${block} = ${first}; ${block} < ${end}; ${block} += ${length} * ${step}) {
      int ${blockEnd} = min(${block} + ${length} * ${step}, ${end});
      ${nested(shorter, blockSum, inBlock, body)}
    }
    ${total} += ${blockSum};`;
}
