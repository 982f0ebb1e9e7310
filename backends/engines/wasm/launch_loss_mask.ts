import {forEachPiece, type MaskRuns} from '../mask_runs';
import type {ForwardKind, Loss, Rows} from '../types';
import {noteRun, runForward} from './launch';
import type {LossMaskKernels} from './loss_mask_module';
import type {Kernels} from './module';
import {type LossMaskVariant, lossGradientVariant, lossVariant, maskedVariant} from './variants';

/** The kernels of the second module by the names under which `lastRun` tells of them. */
export type LossMaskKernelName = `${MaskedKind | LossKind}${LossMaskVariant}`;

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
  kernels: LossMaskKernels,
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
  const kernel = kernels.masked[variant];
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
  kernels: LossMaskKernels,
  x: number,
  labels: number,
  out: number,
  {rows, sparse, smoothing, total}: Loss,
): void {
  const {outer, n, inner} = rows;
  const variant = lossVariant(rows);
  const step = total === null ? 4 : 0;
  kernels.crossEntropy[variant](x, labels, out, outer, n, inner, smoothing, sparse ? 0 : 1, step, total ?? 1);
  noteRun(sparse ? 'sparseCrossEntropy' : 'crossEntropy', variant, kernels.build);
}

/**
 * Its derivative in the logits, likewise: the softmax by the first module, and a map over it, in turns, as many rows at a
 * time as stay in a cache.
 */
export function runLossGradient(
  first: Kernels,
  kernels: LossMaskKernels,
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
  const kernel = kernels.crossEntropyGradient[variant];
  const most = Math.max(1, Math.floor(TURN_BYTES / block));
  for (let o = 0; o < outer; o += most) {
    const count = Math.min(most, outer - o);
    const to = out + o * block;
    runForward(first, 'softmax', x + o * block, to, {outer: count, n, inner}, 1);
    kernel(
      ...([to, labels + o * labelBlock, cotangents + o * inner * step] as const),
      ...([count, n, inner, smoothing, sparse ? 0 : 1, step, total ?? 1] as const),
    );
  }
  noteRun(sparse ? 'sparseCrossEntropyGradient' : 'crossEntropyGradient', variant, kernels.build);
}
