/**
 * A loop that sums. The error of a running sum grows with its length, and with terms that are alike it all goes one way:
 * a thousand of them were 12 · 2^-24 off in blocks of 32. So no more than eight are added up in a row: eight terms are a
 * block, eight blocks a larger one, and 512 terms, the longest loop that `plan.ts` plans, eight of those.
 *
 * `body` is GLSL that adds item `j` of those from `first` to `end`, and what is beside it, to `sum`.
 */
export function blockwise(total: string, [first, end, step]: [string, string, string], body: string): string {
  const [block, larger] = [`8 * ${step}`, `64 * ${step}`];
  return `
    for (int i = ${first}; i < ${end}; i += ${larger}) {
      vec4 sumOfBlocks = vec4(0.);
      int endOfBlocks = min(i + ${larger}, ${end});
      for (int block = i; block < endOfBlocks; block += ${block}) {
        vec4 sum = vec4(0.);
        int endOfBlock = min(block + ${block}, endOfBlocks);
        for (int j = block; j < endOfBlock; j += ${step}) {
          ${body}
        }
        sumOfBlocks += sum;
      }
      ${total} += sumOfBlocks;
    }`;
}

/** Over the elements of a window, two at a time. */
export const OF_WINDOW: [string, string, string] = ['window.first', 'window.end', 'STEP'];
