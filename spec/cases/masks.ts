import {Random} from './random';

/** Masked logits: the mask broadcasts to the logits, which hold NaN and infinities where it takes them out. */
export interface MaskCase {
  name: string;
  shape: number[];
  axis: number;
  scale: number;
  values: Float32Array;
  mask: {shape: number[]; values: Uint8Array};
  /** The mask of each logit. */
  keep: Uint8Array;
}

export type Keep = (index: number[], random: Random) => boolean;

export function masked(
  name: string,
  shape: number[],
  maskShape: number[],
  axis: number,
  keep: Keep,
  scale = 1,
): MaskCase {
  const random = new Random(shape.reduce((a, b) => a * 31 + b, axis + 7));
  const missing = shape.length - maskShape.length;
  const sizeOf = (lengths: number[]) => lengths.reduce((a, b) => a * b, 1);
  const mask = Uint8Array.from({length: sizeOf(maskShape)}, (_, i) => Number(keep(indexAt(i, maskShape), random)));
  const wild = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, 1000];
  const values = new Float32Array(sizeOf(shape));
  const keepEach = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const index = indexAt(i, shape).slice(missing);
    const at = index.reduce((sum, k, d) => sum * maskShape[d]! + (maskShape[d] === 1 ? 0 : k), 0);
    keepEach[i] = mask[at]!;
    values[i] = keepEach[i] ? random.normal(5) : wild[random.integer(0, wild.length - 1)]!;
  }
  return {name, shape, axis, scale, values, mask: {shape: maskShape, values: mask}, keep: keepEach};
}

function indexAt(flat: number, shape: number[]): number[] {
  const index = new Array<number>(shape.length);
  for (let d = shape.length - 1; d >= 0; d--) {
    index[d] = flat % shape[d]!;
    flat = Math.floor(flat / shape[d]!);
  }
  return index;
}

const half: Keep = (_, random) => random.uniform() < 0.5;
const causal: Keep = (index) => index.at(-1)! <= index.at(-2)!;
/** Every third row, along the last axis, is masked entirely. */
const emptyRows: Keep = (index, random) => index.at(-2)! % 3 !== 1 && random.uniform() < 0.7;

export const MASKS: MaskCase[] = [
  masked('one for each logit', [4, 37], [4, 37], -1, half),
  masked('the same for each row', [6, 100], [100], -1, half),
  masked('one for a row: kept or not', [9, 12], [9, 1], -1, half),
  masked('a scalar that keeps all', [3, 5], [], -1, () => true),
  masked('a scalar that keeps none', [3, 5], [], -1, () => false),
  masked('rows with nothing kept', [9, 21], [9, 21], -1, emptyRows),
  masked('short rows with nothing kept', [30, 3], [30, 3], -1, emptyRows),
  masked('causal attention', [2, 3, 17, 17], [17, 17], -1, causal, 1 / Math.sqrt(40)),
  masked('padded keys in attention', [2, 3, 8, 33], [2, 1, 1, 33], -1, half, 0.125),
  masked('along the first axis', [20, 7], [20, 7], 0, half),
  masked('along a middle axis', [3, 19, 8], [19, 1], 1, half),
  masked('along a middle axis, by position', [3, 19, 8], [3, 1, 8], 1, half),
  masked('repeated along every other dimension', [2, 3, 4, 5], [2, 1, 4, 1], 2, half),
  masked('a negative scale', [4, 50], [4, 50], -1, half, -1.5),
  masked('scale 0', [4, 50], [50], -1, half, 0),
  masked('of rank 5, one for each logit', [2, 2, 3, 4, 5], [2, 2, 3, 4, 5], -1, half),
  masked('of rank 5, along a middle axis', [2, 2, 3, 4, 5], [3, 1, 5], 2, half),
  masked('of rank 6, repeated along every other dimension', [2, 2, 3, 2, 4, 3], [2, 1, 3, 1, 4, 1], 4, half),
  masked('a long row', [2, 5000], [5000], -1, half),
];
