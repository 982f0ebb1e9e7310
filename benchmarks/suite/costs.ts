/**
 * The cost model: what each variant reads, writes and exponentiates per element, as the passes that it makes over its
 * rows. On a GPU each pass is a draw or more. Figures per row, such as a division by its sum, are left out.
 */
import {planReduction, type Reader} from '../../backends/webgl/plan';
import type {OpName} from './ops';

interface Pass {
  does: string;
  reads: number;
  writes: number;
  exponentials: number;
}

function pass(does: string, reads: number, writes: number, exponentials = 0): Pass {
  return {does, reads, writes, exponentials};
}

const MAX = pass('max', 1, 0);
const SUM = pass('sum', 1, 0);
const SUBTRACT = pass('subtract', 1, 1);
const DIVIDE = pass('divide', 1, 1);
const EXP = pass('exp', 1, 1, 1);
const EXP_SUM = pass('exp and sum', 1, 0, 1);
const EXP_STORE_SUM = pass('exp, store and sum', 1, 1, 1);
const MAX_EXP_SUM = pass('max, exp and sum', 1, 0, 1);
const MAP_EXP = pass('exp and divide', 1, 1, 1);
const MULTIPLY = pass('multiply', 2, 1);
const MULTIPLY_BY_ROW = pass('multiply by the row sum', 1, 1);
const SUBTRACT_BOTH = pass('subtract', 2, 1);
const DOT = pass('dot', 2, 0);
const PRODUCT = pass('product', 2, 1);
/** From logits. */
const EXP_PRODUCT = pass('exp and product', 2, 1, 1);
const COPY = pass('copy', 1, 1);
/** On webgpu a row that fits is read once: its logits, and what they become, stay in registers. */
const ROW = pass('max, exp, sum and divide', 1, 1, 1);
const ROW_LOGARITHM = pass('max, exp, sum and subtract', 1, 1, 1);
const ROW_SUM = pass('max, exp and sum', 1, 0, 1);
const ROW_PRODUCT = pass('dot and product', 2, 1);
const ROW_GRADIENT = pass('max, exp, sums and product', 2, 1, 1);

export interface Variant {
  op: OpName;
  peer: string;
  backends: string;
  passes: Pass[];
  /** Draws on webgl, dispatches on webgpu, of rows of 1000. Stock's depend on the length of the row: they are counted, not modelled. */
  launches?: Launches;
}

interface Launches {
  /** On a software renderer, */
  software: number;
  /** and on a GPU in hardware, where reductions are cut for parallelism. */
  hardware: number;
}

/** Draws of so many reductions of [64, 1000] as webgl plans them, each for a reader of its kind, and of maps. */
function draws(reductions: Reader[], maps: number): Launches {
  const size = {pairs: 32, n: 1000, elements: 64_000};
  const on = (software: boolean) =>
    reductions.reduce((sum, reader) => {
      return sum + planReduction(size, reader, {renderer: '', software}).levels.length;
    }, maps);
  return {software: on(true), hardware: on(false)};
}

/** As many on any GPU: rows of 1000 fit. */
function dispatches(count: number): Launches {
  return {software: count, hardware: count};
}

/** On processors. */
const SOFTMAX = [MAX, EXP_STORE_SUM, DIVIDE];
const LOG_SOFTMAX = [MAX, EXP_SUM, SUBTRACT];
/** The same in two draws: the statistics of a row need one look at it. */
const SOFTMAX_DRAWN = [MAX_EXP_SUM, MAP_EXP];
const LOG_SOFTMAX_DRAWN = [MAX_EXP_SUM, SUBTRACT];

const COMPOSED_SOFTMAX = [MAX, SUBTRACT, EXP, SUM, DIVIDE];
const COMPOSED_LOG_SOFTMAX = [MAX, SUBTRACT, EXP, SUM, SUBTRACT];
const COMPOSED_LOG_SUM_EXP = [MAX, SUBTRACT, EXP, SUM];
const COMPOSED_SOFTMAX_GRADIENT = [MULTIPLY, SUM, MULTIPLY_BY_ROW, SUBTRACT_BOTH];
const COMPOSED_LOG_SOFTMAX_GRADIENT = [EXP, SUM, MULTIPLY_BY_ROW, SUBTRACT_BOTH];

/** logSoftmax's derivative from logits, in long rows: the softmax is not divided and not read again. */
const LOG_SOFTMAX_GRADIENT = [MAX, EXP_STORE_SUM, SUM, PRODUCT];

/** On cpu and tensorflow the kernels are those of wasm; copies into their memory and out of it come on top. */
const PROCESSORS = 'cpu, wasm, tensorflow';
const ANY = 'any';

export const VARIANTS: Variant[] = [
  {op: 'softmax', peer: 'ours', backends: PROCESSORS, passes: SOFTMAX},
  {op: 'softmax', peer: 'ours', backends: 'webgl', passes: SOFTMAX_DRAWN, launches: draws(['map'], 1)},
  {op: 'softmax', peer: 'ours', backends: 'webgpu', passes: [ROW], launches: dispatches(1)},
  {op: 'softmax', peer: 'stock', backends: 'wasm', passes: SOFTMAX},
  {op: 'softmax', peer: 'stock', backends: 'cpu, webgl', passes: COMPOSED_SOFTMAX},
  {op: 'softmax', peer: 'textbook', backends: ANY, passes: COMPOSED_SOFTMAX},
  {op: 'softmax', peer: 'onnxruntime', backends: 'its own', passes: SOFTMAX},

  {op: 'logSoftmax', peer: 'ours', backends: PROCESSORS, passes: LOG_SOFTMAX},
  {op: 'logSoftmax', peer: 'ours', backends: 'webgl', passes: LOG_SOFTMAX_DRAWN, launches: draws(['map'], 1)},
  {op: 'logSoftmax', peer: 'ours', backends: 'webgpu', passes: [ROW_LOGARITHM], launches: dispatches(1)},
  {op: 'logSoftmax', peer: 'stock', backends: ANY, passes: COMPOSED_LOG_SOFTMAX},
  {op: 'logSoftmax', peer: 'textbook', backends: ANY, passes: COMPOSED_LOG_SOFTMAX},
  {op: 'logSoftmax', peer: 'onnxruntime', backends: 'its own', passes: LOG_SOFTMAX},

  {op: 'logSumExp', peer: 'ours', backends: PROCESSORS, passes: [MAX, EXP_SUM]},
  {op: 'logSumExp', peer: 'ours', backends: 'webgl', passes: [MAX_EXP_SUM], launches: draws(['none'], 0)},
  {op: 'logSumExp', peer: 'ours', backends: 'webgpu', passes: [ROW_SUM], launches: dispatches(1)},
  {op: 'logSumExp', peer: 'stock', backends: ANY, passes: COMPOSED_LOG_SUM_EXP},
  {op: 'logSumExp', peer: 'textbook', backends: ANY, passes: COMPOSED_LOG_SUM_EXP},
  {op: 'logSumExp', peer: 'onnxruntime', backends: 'its own', passes: [MAX, EXP_SUM]},

  {op: 'gradSoftmax', peer: 'ours', backends: 'cpu, tensorflow', passes: [...SOFTMAX, DOT, PRODUCT]},
  {op: 'gradSoftmax', peer: 'ours', backends: 'wasm', passes: [...SOFTMAX, COPY, DOT, PRODUCT]},
  {
    op: 'gradSoftmax',
    peer: 'ours',
    backends: 'webgl',
    passes: [...SOFTMAX_DRAWN, DOT, PRODUCT],
    launches: draws(['map', 'map'], 2),
  },
  {op: 'gradSoftmax', peer: 'ours', backends: 'webgpu', passes: [ROW, ROW_PRODUCT], launches: dispatches(2)},
  {op: 'gradSoftmax', peer: 'stock', backends: 'wasm', passes: [...SOFTMAX, COPY, ...COMPOSED_SOFTMAX_GRADIENT]},
  {
    op: 'gradSoftmax',
    peer: 'stock',
    backends: 'cpu, webgl',
    passes: [...COMPOSED_SOFTMAX, ...COMPOSED_SOFTMAX_GRADIENT],
  },

  {op: 'gradLogSoftmax', peer: 'ours', backends: 'cpu', passes: [...LOG_SOFTMAX, ...SOFTMAX, SUM, PRODUCT]},
  {op: 'gradLogSoftmax', peer: 'ours', backends: 'tensorflow', passes: [...LOG_SOFTMAX, ...LOG_SOFTMAX_GRADIENT]},
  {op: 'gradLogSoftmax', peer: 'ours', backends: 'wasm', passes: [...LOG_SOFTMAX, COPY, ...LOG_SOFTMAX_GRADIENT]},
  {
    op: 'gradLogSoftmax',
    peer: 'ours',
    backends: 'webgl',
    passes: [...LOG_SOFTMAX_DRAWN, MAX_EXP_SUM, SUM, EXP_PRODUCT],
    launches: draws(['map', 'map'], 2),
  },
  {
    op: 'gradLogSoftmax',
    peer: 'ours',
    backends: 'webgpu',
    passes: [ROW_LOGARITHM, ROW_GRADIENT],
    launches: dispatches(2),
  },
  {
    op: 'gradLogSoftmax',
    peer: 'stock',
    backends: 'cpu, webgl, tensorflow',
    passes: [...COMPOSED_LOG_SOFTMAX, ...COMPOSED_LOG_SOFTMAX_GRADIENT],
  },
  {
    op: 'gradLogSoftmax',
    peer: 'stock',
    backends: 'wasm',
    passes: [...COMPOSED_LOG_SOFTMAX, COPY, ...COMPOSED_LOG_SOFTMAX_GRADIENT],
  },
];

/** Sums over the passes. */
export function costOf({passes}: Pick<Variant, 'passes'>): {reads: number; writes: number; exponentials: number} {
  const total = (figure: 'reads' | 'writes' | 'exponentials') => passes.reduce((sum, one) => sum + one[figure], 0);
  return {reads: total('reads'), writes: total('writes'), exponentials: total('exponentials')};
}
