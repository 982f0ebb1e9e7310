import {forEachPiece, type MaskRuns} from '../mask_runs';
import type {ForwardKind, Loss, ProductKind, Rows} from '../types';
import type {Build} from './features';
import type {Kernels} from './module';
import {
  forwardVariant,
  type KernelName,
  kernelScale,
  type LossMaskVariant,
  lossGradientVariant,
  lossVariant,
  maskedVariant,
  productVariant,
} from './variants';

/** Which kernel ran last, and from which build. For tests: a test asserts what it tests. */
export interface Run {
  kernel: KernelName | LossMaskKernelName;
  build: Build;
}

/** In parts: a name put together in each call would cost as much as a tiny tensor. */
let last: {kind: string; variant: string; build: Build} | null = null;

/** The last run; null if plain TypeScript stood in, or nothing ran yet. */
export function lastRun(): Run | null {
  return last && {kernel: `${last.kind}${last.variant}` as Run['kernel'], build: last.build};
}

/** To be called where a kernel has run. */
export function noteRun(kind: string, variant: string, build: Build): void {
  last = {kind, variant, build};
}

/** To be called where plain TypeScript stands in. */
export function notePlainTypeScript(): void {
  last = null;
}

/** The forward pass on float32 tensors at byte addresses in the kernels' memory. */
export function runForward(
  {build, functions}: Kernels,
  kind: ForwardKind,
  x: number,
  out: number,
  rows: Rows,
  scale: number,
): void {
  const variant = forwardVariant(rows, scale);
  functions[kind][variant](x, out, rows.outer, rows.n, rows.inner, kernelScale(kind, rows, scale));
  noteRun(kind, variant, build);
}

/** A Jacobian product on float32 tensors at byte addresses in the kernels' memory. */
export function runProduct(
  {build, functions}: Kernels,
  kind: ProductKind,
  y: number,
  v: number,
  out: number,
  rows: Rows,
  factor: number,
): void {
  const variant = productVariant(rows);
  functions[kind][variant](y, v, out, rows.outer, rows.n, rows.inner, factor);
  noteRun(kind, variant, build);
}

/** logSoftmax's derivative from logits, in rows for which `hasGradientKernel`. */
export function runLogSoftmaxGradient(
  {build, functions}: Kernels,
  x: number,
  v: number,
  out: number,
  {outer, n, inner}: Rows,
  scale: number,
): void {
  functions.logSoftmaxGradient.LongRows(x, v, out, outer, n, inner, scale);
  noteRun('logSoftmaxGradient', 'LongRows', build);
}

/** Masked kernels and those of losses by the names under which `lastRun` tells of them. */
type LossMaskKernelName = `${MaskedKind | LossKind}${LossMaskVariant}`;

type MaskedKind = `masked${Capitalize<ForwardKind>}`;
type LossKind = 'crossEntropy' | 'sparseCrossEntropy' | 'crossEntropyGradient' | 'sparseCrossEntropyGradient';

/** As in assembly/kinds.ts. */
const KINDS: Record<ForwardKind, [kind: number, name: MaskedKind]> = {
  softmax: [0, 'maskedSoftmax'],
  logSoftmax: [1, 'maskedLogSoftmax'],
  logSumExp: [2, 'maskedLogSumExp'],
};

/** What a turn of two kernels covers: with the logits and labels beside it, about half of a second-level cache. */
const TURN_BYTES = 1 << 18;

/**
 * A masked forward pass on tensors at byte addresses in the kernels' memory, of blocks `from` to `from + rows.outer`.
 * @param x where the logits of the first block begin, @param m where the mask of them all does
 */
export function runMasked(
  kernels: Kernels,
  kind: ForwardKind,
  x: number,
  m: number,
  out: number,
  rows: Rows,
  scale: number,
  mask: MaskRuns,
  from = 0,
): void {
  const {outer, n, inner} = rows;
  const variant = maskedVariant(rows, mask.step, scale);
  const kernel = kernels.functions.masked[variant];
  const [kindNumber, name] = KINDS[kind];
  const step = 4 * inner;
  const block = n * step;
  const blockOut = kind === 'logSumExp' ? step : block;
  const stepA = mask.outer.at(-1)?.step ?? 0;
  const stepB = mask.inner.at(-1)?.step ?? 0;
  forEachPiece(mask.outer, from, outer, (o, countA, atA) => {
    forEachPiece(mask.inner, 0, inner, (i, countB, atB) => {
      const at = x + (o - from) * block + 4 * i;
      const to = out + (o - from) * blockOut + 4 * i;
      kernel(
        ...([at, m + atA + atB, to, n, countA, countB] as const),
        ...([step, block, 4, mask.step, stepA, stepB, blockOut, 4, scale, kindNumber] as const),
      );
    });
  });
  noteRun(name, variant, kernels.build);
}

/** The same loss of so many blocks. An object with a change is slow to make beside a tiny tensor. */
export function ofBlocks(loss: Loss, outer: number): Loss {
  return outer === loss.rows.outer ? loss : {...loss, rows: {...loss.rows, outer}};
}

/** Cross-entropy on tensors at byte addresses in the kernels' memory: one loss a row, or their total. */
export function runLoss(
  kernels: Kernels,
  x: number,
  labels: number,
  out: number,
  {rows, sparse, smoothing, total}: Loss,
): void {
  const {outer, n, inner} = rows;
  const variant = lossVariant(rows);
  const step = total === null ? 4 : 0;
  kernels.functions.crossEntropy[variant](x, labels, out, outer, n, inner, smoothing, sparse ? 0 : 1, step, total ?? 1);
  noteRun(sparse ? 'sparseCrossEntropy' : 'crossEntropy', variant, kernels.build);
}

/**
 * Its derivative in the logits, likewise: the softmax, and a map over it, in turns, as many rows at a
 * time as stay in a cache.
 */
export function runLossGradient(
  kernels: Kernels,
  x: number,
  labels: number,
  cotangents: number,
  out: number,
  {rows, sparse, smoothing, total}: Loss,
): void {
  const {outer, n, inner} = rows;
  const block = 4 * n * inner;
  const labelBlock = sparse ? 4 * inner : block;
  const step = total === null ? 4 : 0;
  const variant = lossGradientVariant(rows);
  const kernel = kernels.functions.crossEntropyGradient[variant];
  const most = Math.max(1, Math.floor(TURN_BYTES / block));
  for (let o = 0; o < outer; o += most) {
    const count = Math.min(most, outer - o);
    const to = out + o * block;
    runForward(kernels, 'softmax', x + o * block, to, {outer: count, n, inner}, 1);
    kernel(
      ...([to, labels + o * labelBlock, cotangents + o * inner * step] as const),
      ...([count, n, inner, smoothing, sparse ? 0 : 1, step, total ?? 1] as const),
    );
  }
  noteRun(sparse ? 'sparseCrossEntropyGradient' : 'crossEntropyGradient', variant, kernels.build);
}
