/**
 * How a mask runs along the logits. Its shape is broadcast to that of the logits: along a repeated dimension its index does
 * not move. From one element of a row to the next it moves by `step`; from row to row as the runs say.
 */
export interface MaskRuns {
  step: number;
  /** The dimensions before the axis and those after it, from the outermost in. */
  outer: Run[];
  inner: Run[];
}

/** Dimensions side by side along which the mask's index moves by the same step, or not at all: as one. */
export interface Run {
  length: number;
  step: number;
}

/** How a mask of that shape, which broadcasts to the shape of the logits, runs along the logits. */
export function maskRuns(maskShape: number[], shape: number[], axis: number): MaskRuns {
  const missing = shape.length - maskShape.length;
  const steps = new Array<number>(shape.length).fill(0);
  let stride = 1;
  for (let d = shape.length - 1; d >= Math.max(missing, 0); d--) {
    const length = maskShape[d - missing]!;
    if (length > 1) steps[d] = stride;
    stride *= length;
  }
  return {
    step: steps[axis] ?? 0,
    outer: runs(shape.slice(0, axis), steps.slice(0, axis)),
    inner: runs(shape.slice(axis + 1), steps.slice(axis + 1)),
  };
}

/** Those dimensions, as few as may be: neighbours become one where the step goes on. */
function runs(lengths: number[], steps: number[]): Run[] {
  const merged: Run[] = [];
  lengths.forEach((length, d) => {
    const step = steps[d]!;
    const before = merged.at(-1);
    if (before && before.step === length * step) merged[merged.length - 1] = {length: before.length * length, step};
    else if (length > 1) merged.push({length, step});
  });
  return merged;
}

/**
 * Rows `from` to `from + count` of those that runs number through, as pieces of the innermost run.
 * @param visit is told the first row of a piece, how many there are, and where the mask of the first begins
 */
export function forEachPiece(
  all: Run[],
  from: number,
  count: number,
  visit: (first: number, rows: number, maskAt: number) => void,
): void {
  const length = all.at(-1)?.length ?? 1;
  for (let row = from; row < from + count; ) {
    const rows = Math.min(length - (row % length), from + count - row);
    visit(row, rows, maskAt(all, row));
    row += rows;
  }
}

/** Where the mask of a row begins, of those that runs number through. */
export function maskAt(all: Run[], row: number): number {
  let at = 0;
  for (let d = all.length - 1; d >= 0; d--) {
    const {length, step} = all[d]!;
    at += (row % length) * step;
    row = Math.floor(row / length);
  }
  return at;
}
