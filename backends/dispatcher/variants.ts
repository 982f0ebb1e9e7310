/** Which variants of kernels a backend would run: its plans say so, for each trial. */
import {engine, type KernelBackend} from '@tensorflow/tfjs-core';
import {variantsOf as cpu} from '../cpu/variants';
import type {ForwardKind, Loss, ProductKind, Rows, Trial} from '../engines/types';
import {hasOwnKernels} from '../registration';
import {variantsOf as tensorflow} from '../tensorflow/variants';
import {variantsOf as wasm} from '../wasm/variants';
import {variantsOf as webgl} from '../webgl/variants';
import {variantsOf as webgpu} from '../webgpu/variants';

const KINDS: ForwardKind[] = ['softmax', 'logSoftmax', 'logSumExp'];

type VariantsOf = (trial: Trial, backend: never) => string[];

const VARIANTS: Record<string, VariantsOf> = {cpu, wasm, webgl, webgpu, tensorflow};

/** What is divided among several threads where there are any. */
export const DIVIDED = forward('softmax', {outer: 4096, n: 65, inner: 1});

/** A row that is long enough to be worth waking threads, each of which then takes pieces of it. */
const LONG_ROW: Rows = {outer: 1, n: 400_000, inner: 1};

/** What threads that share rows do with one, in a way of their own. */
export const SHARED_ROWS: Trial[] = [
  ...KINDS.map((kind) => forward(kind, LONG_ROW)),
  {op: 'product', kind: 'logSoftmaxVjp', rows: LONG_ROW, scale: 1, fromLogits: true},
];

/** A trial, and the variants that no trial before it runs. */
export interface Planned {
  trial: Trial;
  variants: string[];
}

/**
 * The fewest trials by which each variant runs that a started backend would use, as its plans say, for rows of any length and
 * stride: the smallest trial for each.
 */
export function trialsFor(name: string): Planned[] {
  const backend = engine().registry[name] as KernelBackend;
  const own = hasOwnKernels(name) && Object.hasOwn(VARIANTS, name) ? VARIANTS[name] : undefined;
  const variantsOf = own ?? composedVariants;
  const seen = new Set<string>();
  return TRIALS.flatMap((trial) => {
    const variants = variantsOf(trial, backend as never).filter((variant) => !seen.has(variant));
    for (const variant of variants) seen.add(variant);
    return variants.length > 0 ? [{trial, variants}] : [];
  });
}

/** Composed ops have no variants but what they compute, and whether rows are contiguous. */
function composedVariants(trial: Trial): string[] {
  return [`${nameOf(trial)}${trial.rows.inner > 1 ? ' along a middle axis' : ''}`];
}

export function nameOf(trial: Trial): string {
  if (trial.op === 'forward') return trial.masked ? `masked ${trial.kind}` : trial.kind;
  if (trial.op === 'loss' || trial.op === 'lossGradient') {
    return `${trial.op} of ${trial.loss.sparse ? 'classes' : 'distributions'}`;
  }
  return trial.op === 'product' ? trial.kind : trial.op;
}

const PRODUCT_KINDS: ProductKind[] = ['softmaxProduct', 'logSoftmaxJvp', 'logSoftmaxVjp'];
/** One that multiplies exactly, and one that does not. */
const SCALES = [1, 0.3];
/** Lengths on both sides of what plans distinguish. */
const SMALL = rowsOf([5, 20], [5, 30, 60], [1, 3, 4, 7]);
/** What reductions in several steps, registers that do not suffice, and several threads begin with. */
const LARGE: Rows[] = [
  ...rowsOf([1], [1100, 5000, 20_000, 2 ** 18 + 2], [1]),
  ...rowsOf([1], [300, 1100], [8, 40]),
  {outer: 4096, n: 65, inner: 1},
  {outer: 130, n: 4097, inner: 1},
  {outer: 5, n: 1100, inner: 128},
];

const TRIALS: Trial[] = [
  ...bySize(SMALL.flatMap((rows) => [...forwards(rows), ...products(rows), ...losses(rows), ...primitives(rows)])),
  // Fewer elements than any of the above, for what is done with a handful of them.
  ...forwards({outer: 1, n: 5, inner: 1}),
  ...bySize(
    LARGE.flatMap((rows): Trial[] => [
      forward('softmax', rows),
      forward('logSumExp', rows),
      {op: 'product', kind: 'softmaxProduct', rows, scale: 1, fromLogits: false},
      {op: 'loss', loss: {rows, sparse: false, smoothing: 0, total: null}, rows},
    ]),
  ),
  ...layouts(),
];

/** One of each layout that a plan may choose by the length of rows and the stride, where nothing above has it. */
function layouts(): Trial[] {
  const lengths = [1, ...Array.from({length: 13}, (_, k) => 2 ** k + 1)];
  const rows = [
    ...rowsOf([5], [...lengths, ...lengths.map((n) => 4 * n)], [1]),
    ...rowsOf([5], lengths.slice(0, -2), [2, 8, 16, 32, 64]),
    ...rowsOf([1], [5, 8], [1, 3]),
    {outer: 128, n: 16_388, inner: 1},
  ];
  // Of one element softmax is 1, whatever the kernel does.
  return bySize(rows.map((at) => forward(at.n > 1 ? 'softmax' : 'logSumExp', at)));
}

function forward(kind: ForwardKind, rows: Rows, scale = 1, masked = false): Trial {
  return {op: 'forward', kind, rows, scale, masked};
}

function forwards(rows: Rows): Trial[] {
  return KINDS.flatMap((kind) =>
    SCALES.flatMap((scale) => [false, true].map((masked) => forward(kind, rows, scale, masked))),
  );
}

function products(rows: Rows): Trial[] {
  return PRODUCT_KINDS.flatMap((kind) =>
    [false, true].map((fromLogits): Trial => ({op: 'product', kind, rows, scale: 1, fromLogits})),
  );
}

function losses(rows: Rows): Trial[] {
  const ways: Omit<Loss, 'rows'>[] = [false, true].flatMap((sparse) => [
    {sparse, smoothing: 0, total: null},
    {sparse, smoothing: 0.1, total: null},
    {sparse, smoothing: 0, total: 0.25},
  ]);
  return ways.flatMap((way) => {
    const loss = {rows, ...way};
    return [
      {op: 'loss', loss, rows},
      {op: 'lossGradient', loss, rows},
    ];
  });
}

function primitives(rows: Rows): Trial[] {
  return [
    {op: 'scaleRows', rows},
    {op: 'logPlus', rows},
  ];
}

function rowsOf(outers: number[], lengths: number[], inners: number[]): Rows[] {
  return outers.flatMap((outer) => lengths.flatMap((n) => inners.map((inner): Rows => ({outer, n, inner}))));
}

function bySize(trials: Trial[]): Trial[] {
  const size = ({rows: {outer, n, inner}}: Trial) => outer * n * inner;
  return trials.sort((a, b) => size(a) - size(b));
}
