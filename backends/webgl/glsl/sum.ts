/**
 * A loop that sums. The error of a running sum grows with its length, and with terms that are alike it all goes one way:
 * a thousand of them were 12 · 2^-24 off in blocks of 32. So eight terms are a block, four blocks a larger one, four of
 * those another, and of 512 terms, the longest loop that `plan.ts` plans for a GPU, four of these: 2 · 2^-24.
 *
 * `body` is GLSL that adds item `j` of those from `first` to `end`, and what is beside it, to `sum`.
 */
export function blockwise(total: string, [first, end, step]: [string, string, string], body: string): string {
  return nested(BLOCKS, total, first, end, step, body);
}

/** Over the elements of a window, two at a time. */
export const OF_WINDOW: [string, string, string] = ['window.first', 'window.end', 'STEP'];

/** A sum over windows from `first` to `end`; few of them need no blocks. */
export function overWindows(total: string, few: number | undefined, body: string): string {
  if (few === undefined) return blockwise(total, ['first', 'end', '1'], body);
  return `
    vec4 sum = vec4(0.);
    for (int j = first; j < ${endOfWindows(few)}; j++) {
      ${body}
    }
    ${total} = sum;`;
}

export function endOfWindows(few: number | undefined): string {
  return few === undefined ? 'end' : `first + ${few}`;
}

const BLOCKS = [128, 32, 8];

function nested(
  [length, ...shorter]: number[],
  total: string,
  first: string,
  end: string,
  step: string,
  body: string,
): string {
  if (length === undefined) {
    return `
    for (int j = ${first}; j < ${end}; j += ${step}) {
      ${body}
    }`;
  }
  const inner = length === BLOCKS.at(-1) ? 'sum' : `sum${length}`;
  return `
    for (int block${length} = ${first}; block${length} < ${end}; block${length} += ${length} * ${step}) {
      vec4 ${inner} = vec4(0.);
      int end${length} = min(block${length} + ${length} * ${step}, ${end});
      ${nested(shorter, inner, `block${length}`, `end${length}`, step, body)}
      ${total} += ${inner};
    }`;
}
