/**
 * A launch is planned, then executed. A plan says as data which kernel runs, on which rows and with which arguments; where
 * the tensors are is no part of it. `launch` turns a plan, or some of its rows, into calls of kernels.
 */
import {forEachPiece, type MaskRuns} from '../mask_runs';
import type {ForwardKind, Loss, ProductKind, Rows} from '../types';

/** How a kernel goes through the rows; see the file of that name in assembly/. */
export type Variant = 'LongRows' | 'ShortRows' | 'StridedRows' | 'GatheredRows' | 'MaskedRows';
export type ProductVariant = 'LongRows' | 'StridedRows' | 'GatheredRows';
export type LossVariant = 'LongRows' | 'GatheredRows';

/** The name of an exported kernel. */
export type KernelName =
  | `${ForwardKind}${Variant}`
  | `${ProductKind}${ProductVariant}`
  | 'logSoftmaxGradientLongRows'
  | 'piecesOfLongRows'
  | `${'crossEntropy' | 'crossEntropyGradient'}${LossVariant}`;

/**
 * A kernel's last arguments: `columns`, where 0 is for all, and the steps of a mask; or the last three of a loss. There are
 * always four: to spread an array of any length would take a tenth of a tiny tensor's time.
 */
export type Rest = readonly [number, number, number, number];

export interface Plan {
  kernel: KernelName;
  /** For the derivative of cross-entropy: the kernel that puts the softmax of x where the result will be, before the other. */
  softmax: KernelName | null;
  rows: Rows;
  /** What the kernel takes after the rows: the scale of logits, the factor of a product, or smoothing. */
  scale: number;
  /** What the kernel takes after its inputs. With a mask, this depends on the rows and is found by `launch`. */
  rest: Rest;
  /** If the second input is a mask: how the mask runs along x. */
  mask: MaskRuns | null;
  /**
   * Elements of each block of the outer dimension in the second input, the third and the result. 0 is for an input that all
   * blocks share, or is absent, and for a result that is one number: the sum of what the blocks give.
   */
  secondPerBlock: number;
  thirdPerBlock: number;
  outPerBlock: number;
  /** About how long one thread takes, in nanoseconds, to tell whether others are worth their coming. */
  ns: number;
}

const FORWARD = names(
  ['softmax', 'logSoftmax', 'logSumExp'],
  ['LongRows', 'ShortRows', 'StridedRows', 'GatheredRows', 'MaskedRows'],
);
const PRODUCT = names(
  ['softmaxProduct', 'logSoftmaxJvp', 'logSoftmaxVjp'],
  ['LongRows', 'StridedRows', 'GatheredRows'],
);
const LOSS = names(['crossEntropy', 'crossEntropyGradient'], ['LongRows', 'GatheredRows']);

const NOTHING: Rest = [0, 0, 0, 0];

/** Nanoseconds that an element takes, and a row, on a server of 2026: no kernel is off by more than half. */
const FORWARD_NS: Record<Variant, readonly [element: number, row: number]> = {
  LongRows: [1.2, 40],
  ShortRows: [1.5, 10],
  StridedRows: [1.6, 10],
  GatheredRows: [3.5, 12],
  MaskedRows: [1.7, 50],
};
const PRODUCT_NS: Record<ProductVariant, readonly [element: number, row: number]> = {
  LongRows: [0.3, 6],
  StridedRows: [0.5, 0],
  GatheredRows: [1.3, 5],
};
const LOSS_NS: Record<LossVariant, readonly [element: number, row: number]> = {
  LongRows: [2, 60],
  GatheredRows: [3.7, 25],
};
const LOSS_GRADIENT_NS: Record<LossVariant, readonly [element: number, row: number]> = {
  LongRows: [0.8, 30],
  GatheredRows: [1.3, 13],
};

function nsOf([element, row]: readonly [number, number], {outer, n, inner}: Rows): number {
  return (element * n + row) * outer * inner;
}

/** Up to this length four rows at a time beat one; for softmax that ends here, for the logarithms it goes on. */
const LONGEST_SHORT_ROW = 48;
/** The same for losses, which gather the columns of four rows; and for logSoftmax's derivative, by way of such a softmax. */
const LONGEST_GATHERED_ROW = 24;

/** The forward pass, of rows none of which is empty. */
export function planForward(kind: ForwardKind, rows: Rows, scale: number, mask: MaskRuns | null): Plan {
  const variant = mask ? maskedVariant(rows, scale, mask) : forwardVariant(rows, scale);
  const {n, inner} = rows;
  return {
    kernel: FORWARD[kind][variant],
    softmax: null,
    rows,
    scale,
    rest: NOTHING,
    mask,
    secondPerBlock: 0,
    thirdPerBlock: 0,
    outPerBlock: kind === 'logSumExp' ? inner : n * inner,
    ns: nsOf(FORWARD_NS[variant], rows),
  };
}

/** A Jacobian product; the second input is the vector. */
export function planProduct(kind: ProductKind, rows: Rows, factor: number): Plan {
  const variant = productVariant(rows);
  return productPlan(PRODUCT[kind][variant], rows, factor, PRODUCT_NS[variant]);
}

/** The same from logits in one kernel; null where there is none that beats softmax with the product after it. */
export function planProductOfLogits(kind: ProductKind, rows: Rows, scale: number, factor: number): Plan | null {
  if (kind !== 'logSoftmaxVjp' || factor !== scale) return null;
  const {outer, n, inner} = rows;
  const isFaster = inner === 1 && n >= 4 && (outer < 4 || n > LONGEST_GATHERED_ROW);
  return isFaster ? productPlan('logSoftmaxGradientLongRows', rows, scale, FORWARD_NS.LongRows) : null;
}

/** Cross-entropy; the second input is the labels. */
export function planLoss({rows, sparse, smoothing, total}: Loss): Plan {
  const {outer, n, inner} = rows;
  const isLong = inner === 1 && (n > LONGEST_GATHERED_ROW || (n >= 4 && outer === 1));
  const variant = isLong ? 'LongRows' : 'GatheredRows';
  return {
    kernel: LOSS.crossEntropy[variant],
    softmax: null,
    rows,
    scale: smoothing,
    rest: lossArguments(sparse, total),
    mask: null,
    secondPerBlock: sparse ? inner : n * inner,
    thirdPerBlock: 0,
    outPerBlock: total === null ? inner : 0,
    ns: nsOf(LOSS_NS[variant], rows),
  };
}

/** Its derivative in the logits; the third input is the cotangents. */
export function planLossGradient({rows, sparse, smoothing, total}: Loss): Plan {
  const {n, inner} = rows;
  const variant = inner === 1 && n >= 4 ? 'LongRows' : 'GatheredRows';
  const ofSoftmax = forwardVariant(rows, 1);
  return {
    kernel: LOSS.crossEntropyGradient[variant],
    softmax: FORWARD.softmax[ofSoftmax],
    rows,
    scale: smoothing,
    rest: lossArguments(sparse, total),
    mask: null,
    secondPerBlock: sparse ? inner : n * inner,
    thirdPerBlock: total === null ? inner : 0,
    outPerBlock: n * inner,
    ns: nsOf(FORWARD_NS[ofSoftmax], rows) + nsOf(LOSS_GRADIENT_NS[variant], rows),
  };
}

/** Takes the call of a kernel: runs it, or hands it on. The arguments after the name are those of the kernel, in order. */
export type Caller = (
  kernel: KernelName,
  x: number,
  out: number,
  outer: number,
  n: number,
  inner: number,
  scale: number,
  second: number,
  third: number,
  rest: Rest,
) => void;

/** What a turn of two kernels covers: with the inputs beside it, about half of a second-level cache. */
export const TURN_BYTES = 1 << 18;

/**
 * The calls of a plan for `outer` blocks of its rows, from block number `first` on; by a kernel that takes columns, for so many
 * columns of each, from number `column` on.
 *
 * @param x, out, second, third byte addresses in the kernels' memory of the first of these rows, but of a mask as a whole; 0
 *   for what is absent
 */
export function launch(
  plan: Plan,
  call: Caller,
  x: number,
  out: number,
  second: number,
  third: number,
  first = 0,
  outer = plan.rows.outer,
  column = 0,
  columns = plan.rows.inner,
): void {
  const {kernel, rows, scale, rest} = plan;
  if (plan.mask) launchMasked(plan, plan.mask, call, x, out, second, first, outer, column, columns);
  else if (plan.softmax) launchInTurns(plan, plan.softmax, call, x, out, second, third, outer);
  else if (columns === rows.inner) call(kernel, x, out, outer, rows.n, columns, scale, second, third, rest);
  else call(kernel, x, out, outer, rows.n, rows.inner, scale, second, third, [columns, 0, 0, 0]);
}

/** A call for each piece of the rows along which the mask moves evenly. */
function launchMasked(
  {kernel, rows: {n, inner}, scale, outPerBlock}: Plan,
  mask: MaskRuns,
  call: Caller,
  x: number,
  out: number,
  m: number,
  first: number,
  outer: number,
  column: number,
  columns: number,
): void {
  const outerStep = mask.outer.at(-1)?.step ?? 0;
  const innerStep = mask.inner.at(-1)?.step ?? 0;
  forEachPiece(mask.outer, first, outer, (o, blocks, outerAt) => {
    forEachPiece(mask.inner, column, columns, (i, width, innerAt) => {
      const from = x + 4 * ((o - first) * n * inner + i - column);
      const to = out + 4 * ((o - first) * outPerBlock + i - column);
      const rest = [width, mask.step, outerStep, innerStep] as const;
      call(kernel, from, to, blocks, n, inner, scale, m + outerAt + innerAt, 0, rest);
    });
  });
}

/** ShortRows takes no fewer rows: it would write beyond them. */
const FEWEST_ROWS = 4;

/** Softmax, and the other kernel over it, in turns: as many rows at a time as stay in a cache, and no turn of very few. */
function launchInTurns(
  plan: Plan,
  softmax: KernelName,
  call: Caller,
  x: number,
  out: number,
  second: number,
  third: number,
  outer: number,
): void {
  const {n, inner} = plan.rows;
  const block = 4 * n * inner;
  const most = Math.max(1, Math.floor(TURN_BYTES / block));
  for (let o = 0, blocks = 0; o < outer; o += blocks) {
    blocks = outer - o < most + FEWEST_ROWS ? outer - o : most;
    const [from, to] = [x + o * block, out + o * block];
    call(softmax, from, to, blocks, n, inner, 1, 0, 0, NOTHING);
    const [a, b] = [second + 4 * o * plan.secondPerBlock, third + 4 * o * plan.thirdPerBlock];
    call(plan.kernel, from, to, blocks, n, inner, plan.scale, a, b, plan.rest);
  }
}

function forwardVariant({outer, n, inner}: Rows, scale: number): Variant {
  if (n === 1) return 'GatheredRows';
  const exact = isExactScale(scale);
  if (inner === 1) {
    if (exact && outer >= 4 && n <= LONGEST_SHORT_ROW) return 'ShortRows';
    return n >= 4 ? 'LongRows' : 'GatheredRows';
  }
  if (!exact || inner < 4) return 'GatheredRows';
  return inner === 4 ? 'LongRows' : 'StridedRows'; // the former takes four rows at once, a lane each
}

function maskedVariant({n, inner}: Rows, scale: number, {step}: MaskRuns): Variant {
  return inner === 1 && n >= 4 && step <= 1 && isExactScale(scale) ? 'MaskedRows' : 'GatheredRows';
}

function productVariant({n, inner}: Rows): ProductVariant {
  if (inner === 1) return n >= 4 ? 'LongRows' : 'GatheredRows';
  return inner >= 4 && n > 1 ? 'StridedRows' : 'GatheredRows';
}

function productPlan(kernel: KernelName, rows: Rows, factor: number, ns: readonly [number, number]): Plan {
  const perBlock = rows.n * rows.inner;
  return {
    kernel,
    softmax: null,
    rows,
    scale: factor,
    rest: NOTHING,
    mask: null,
    secondPerBlock: perBlock,
    thirdPerBlock: 0,
    outPerBlock: perBlock,
    ns: nsOf(ns, rows),
  };
}

/** Whether labels are distributions; the bytes between losses, or between cotangents; what the total is multiplied by. */
function lossArguments(sparse: boolean, total: number | null): Rest {
  return [sparse ? 0 : 1, total === null ? 4 : 0, total ?? 1, 0];
}

/** Whether scale·x is exact in float32: ±2^-k, 0 <= k <= 32. `isExactScale` in assembly/kinds.ts says the same. */
function isExactScale(scale: number): boolean {
  if (scale === 1) return true;
  const size = Math.abs(scale);
  return size <= 1 && size >= 2 ** -32 && Number.isInteger(Math.log2(size));
}

/** Put together once: in each call a name made of two would cost as much as a tiny tensor. */
function names<K extends string, V extends string>(kinds: K[], variants: V[]) {
  const ofKind = (kind: K) => Object.fromEntries(variants.map((variant) => [variant, `${kind}${variant}`]));
  return Object.fromEntries(kinds.map((kind) => [kind, ofKind(kind)])) as Record<K, {[W in V]: `${K}${W}`}>;
}
