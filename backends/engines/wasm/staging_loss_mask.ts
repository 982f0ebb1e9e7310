import * as plainLoss from '../javascript/cross_entropy';
import * as plain from '../javascript/masked';
import type {MaskRuns} from '../mask_runs';
import type {ForwardKind, Loss, Rows} from '../types';
import {notePlainTypeScript} from './launch';
import {ofBlocks, runLoss, runLossGradient, runMasked} from './launch_loss_mask';
import {type LossMaskKernels, lossMaskKernelsBeside} from './loss_mask_module';
import {inChunks, type Passing, stagedKernels} from './staging';

/** Masks and losses on typed arrays, by way of the private memory: in chunks of whole rows, as in private_memory.ts. */

type Labels = Float32Array | Int32Array;

/**
 * A masked forward pass.
 * @param x outer·n·inner logits, @param m the values of the mask, @param out as many as logits, or outer·inner
 */
export function stagedMasked(
  kind: ForwardKind,
  x: Float32Array,
  m: Uint8Array,
  out: Float32Array,
  rows: Rows,
  scale: number,
  mask: MaskRuns,
): void {
  const perBlock = rows.n * rows.inner;
  const inputs = [
    {values: m, perBlock: 0},
    {values: x, perBlock},
  ];
  const outPerBlock = kind === 'logSumExp' ? rows.inner : perBlock;
  const kernels = lossMaskKernels();
  const done =
    kernels &&
    inChunks(rows.outer, inputs, out, outPerBlock, (_, [flags, from, to], outer, o) => {
      runMasked(kernels, kind, from!, flags!, to!, {...rows, outer}, scale, mask, o);
    });
  if (!done) plain.maskedForward(kind, x, m, out, rows, scale, mask);
}

/**
 * Cross-entropy: one loss a row, or their total.
 * @param labels as many as logits, or if sparse, one a row
 */
export function stagedLoss(x: Float32Array, labels: Labels, out: Float32Array, loss: Loss): void {
  const {rows, total} = loss;
  const outPerBlock = total === null ? rows.inner : 0;
  const inputs = logitsAndLabels(x, labels, loss);
  const kernels = lossMaskKernels();
  const done =
    kernels &&
    inChunks(rows.outer, inputs, out, outPerBlock, (_, [from, given, to], outer) => {
      runLoss(kernels, from!, given!, to!, ofBlocks(loss, outer));
    });
  if (!done) plainLoss.crossEntropy(x, labels, out, loss);
}

/**
 * Its derivative in the logits.
 * @param cotangents one a row, or of a total one
 */
export function stagedLossGradient(
  x: Float32Array,
  labels: Labels,
  cotangents: Float32Array,
  out: Float32Array,
  loss: Loss,
): void {
  const {rows, total} = loss;
  const given = {values: cotangents, perBlock: total === null ? rows.inner : 0};
  const inputs = [...logitsAndLabels(x, labels, loss), given];
  const kernels = lossMaskKernels();
  const done =
    kernels &&
    inChunks(rows.outer, inputs, out, rows.n * rows.inner, (first, at, outer) => {
      const [from, label, cotangent, to] = at as [number, number, number, number];
      runLossGradient(first, kernels, from, label, cotangent, to, ofBlocks(loss, outer));
    });
  if (!done) plainLoss.crossEntropyGradient(x, labels, cotangents, out, loss);
}

function logitsAndLabels(x: Float32Array, labels: Labels, {rows: {n, inner}, sparse}: Loss): Passing[] {
  return [
    {values: x, perBlock: n * inner},
    {values: labels, perBlock: sparse ? inner : n * inner},
  ];
}

/** The second module on the private memory, or null: where only the first was handed in, it may not be made. */
function lossMaskKernels(): LossMaskKernels | null {
  const first = stagedKernels();
  const kernels = first && lossMaskKernelsBeside(first);
  if (!kernels) notePlainTypeScript();
  return kernels;
}
