/**
 * A loop that sums, in blocks: the error of a running sum grows with its length, so it is cut short and added to
 * another. `step` items a turn; `body` is GLSL that adds item `j`, and those beside it, to `sum`.
 */
export function blockwise(total: string, step: number, body: string): string {
  return `
    for (int block = window.first; block < window.end; block += ${step * TERMS}) {
      vec4 sum = vec4(0.);
      int end = min(block + ${step * TERMS}, window.end);
      for (int j = block; j < end; j += ${step}) {
        ${body}
      }
      ${total} += sum;
    }`;
}

const TERMS = 32;
