/** Logits [rows, n], softmax along n. */
export type Shape = [rows: number, n: number];

/** Shapes that people have: a class list, batches, attention, a vocabulary, digits, segmentation, and next to nothing. */
export const DEFAULT_SHAPES: Shape[] = [
  [1, 4],
  [1, 1000],
  [64, 1000],
  [1024, 128],
  [1, 50257],
  [4096, 8],
  [16384, 21],
];

/** For `--quick`. */
export const QUICK_SHAPES: Shape[] = [
  [64, 1000],
  [1, 50257],
  [4096, 8],
];

/** Half a GiB of logits, and of results, on each backend and for each peer. */
const MOST_LOGITS = 2 ** 27;

export function parseShape(text: string): Shape {
  const match = /^([1-9]\d*)x([1-9]\d*)$/.exec(text);
  if (!match) throw new Error(`${text} is no shape: give rows x row length, such as 64x1000.`);
  const [rows, n] = [Number(match[1]), Number(match[2])];
  if (rows * n <= MOST_LOGITS) return [rows, n];
  throw new Error(`${text} is too large a shape: it has more than ${MOST_LOGITS} logits.`);
}

export function shapeName([rows, n]: Shape): string {
  return `${rows}x${n}`;
}
