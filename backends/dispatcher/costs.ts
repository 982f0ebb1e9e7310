import {OP_NAMES, type Op} from './op_names';

/** What a call of an op costs: fixed + row · rows + element · elements. */
export interface OpCost {
  /** Microseconds. */
  fixed: number;
  /** Nanoseconds a row. */
  row: number;
  /** Nanoseconds an element. */
  element: number;
}

/** Moving values from an array to a backend or back: fixed + element · elements. */
export type MoveCost = Omit<OpCost, 'row'>;

export interface BackendCosts {
  /** Where the figures come from, for people. */
  from: string;
  ops: Record<Op, OpCost>;
  upload: MoveCost;
  download: MoveCost;
  /** Milliseconds that the first call of an op takes beyond others: compiling. */
  firstCall: number;
}

/**
 * The figures to begin with, made by benchmarks/cost_model.ts: what it prints stands here as it is, but for moves by
 * which nothing is copied. Machines differ, but backends of one machine differ in about the same ratios; where they do
 * not, measuring tells.
 */
export const SHIPPED_COSTS = {
  cpu: {
    from: 'measured with Node 20 on 2 cores of AMD EPYC, 2026-11-22',
    ops: {
      softmax: {fixed: 7.7, row: 2.6, element: 1},
      softmin: {fixed: 1.4, row: 3.8, element: 1.1},
      logSoftmax: {fixed: 1.6, row: 8, element: 1.1},
      logSumExp: {fixed: 1.7, row: 8.5, element: 0.87},
      softmaxJvp: {fixed: 2.4, row: 22, element: 9.3},
      softmaxVjp: {fixed: 1.5, row: 25, element: 9.1},
      logSoftmaxJvp: {fixed: 2.6, row: 27, element: 8.4},
      logSoftmaxVjp: {fixed: 1.5, row: 31, element: 8.3},
      gradSoftmax: {fixed: 11, row: 18, element: 1.5},
      gradLogSoftmax: {fixed: 15, row: 24, element: 2.9},
      gradLogSumExp: {fixed: 9.9, row: 15, element: 3.2},
    },
    upload: {fixed: 0, element: 0},
    download: {fixed: 0.62, element: 0.0011},
    firstCall: 0.18,
  },
  wasm: {
    from: 'measured with Node 20 on 2 cores of AMD EPYC, 2026-11-22',
    ops: {
      softmax: {fixed: 2, row: 5, element: 0.72},
      softmin: {fixed: 1.4, row: 3.9, element: 0.83},
      logSoftmax: {fixed: 1.6, row: 8.2, element: 0.89},
      logSumExp: {fixed: 1.6, row: 7.9, element: 0.8},
      softmaxJvp: {fixed: 2.1, row: 11, element: 0.92},
      softmaxVjp: {fixed: 1.8, row: 10, element: 0.93},
      logSoftmaxJvp: {fixed: 1.8, row: 9.5, element: 1},
      logSoftmaxVjp: {fixed: 1.4, row: 9.6, element: 0.84},
      gradSoftmax: {fixed: 9.5, row: 10, element: 0.92},
      gradLogSoftmax: {fixed: 11, row: 18, element: 1.7},
      gradLogSumExp: {fixed: 20, row: 24, element: 1.6},
    },
    upload: {fixed: 2.3, element: 0.34},
    download: {fixed: 1.3, element: 0.21},
    firstCall: 0.18,
  },
  tensorflow: {
    from: 'measured with Node 20 on 2 cores of AMD EPYC, 2026-11-22',
    ops: {
      softmax: {fixed: 4.9, row: 4, element: 0.96},
      softmin: {fixed: 2.3, row: 3.4, element: 1},
      logSoftmax: {fixed: 2.4, row: 8.1, element: 1.1},
      logSumExp: {fixed: 1.7, row: 9, element: 0.8},
      softmaxJvp: {fixed: 3.9, row: 6.8, element: 1.6},
      softmaxVjp: {fixed: 2.3, row: 14, element: 1.9},
      logSoftmaxJvp: {fixed: 3.5, row: 9.4, element: 2},
      logSoftmaxVjp: {fixed: 2.3, row: 9.5, element: 1.3},
      gradSoftmax: {fixed: 15, row: 4.7, element: 1.8},
      gradLogSoftmax: {fixed: 10, row: 21, element: 2.5},
      gradLogSumExp: {fixed: 52, row: 45, element: 2.3},
    },
    upload: {fixed: 3, element: 0.14},
    download: {fixed: 1.4, element: 0.19},
    firstCall: 0.21,
  },
  softwareWebgl: {
    from: 'measured with SwiftShader in Chromium on 2 cores of AMD EPYC, 2026-11-22',
    ops: {
      softmax: {fixed: 640, row: 220, element: 39},
      softmin: {fixed: 880, row: 130, element: 34},
      logSoftmax: {fixed: 1400, row: 1.1, element: 35},
      logSumExp: {fixed: 460, row: 200, element: 14},
      softmaxJvp: {fixed: 1000, row: 1100, element: 61},
      softmaxVjp: {fixed: 660, row: 460, element: 53},
      logSoftmaxJvp: {fixed: 1200, row: 420, element: 50},
      logSoftmaxVjp: {fixed: 1300, row: 110, element: 83},
      gradSoftmax: {fixed: 1400, row: 340, element: 65},
      gradLogSoftmax: {fixed: 1100, row: 660, element: 110},
      gradLogSumExp: {fixed: 1900, row: 1100, element: 100},
    },
    upload: {fixed: 400, element: 42},
    download: {fixed: 410, element: 24},
    firstCall: 30,
  },
  composed: {
    from: 'measured with Node 20 on 2 cores of AMD EPYC, 2026-11-22',
    ops: {
      softmax: {fixed: 51, row: 29, element: 260},
      softmin: {fixed: 54, row: 240, element: 250},
      logSoftmax: {fixed: 63, row: 280, element: 300},
      logSumExp: {fixed: 59, row: 280, element: 260},
      softmaxJvp: {fixed: 24, row: 260, element: 400},
      softmaxVjp: {fixed: 23, row: 96, element: 410},
      logSoftmaxJvp: {fixed: 22, row: 150, element: 400},
      logSoftmaxVjp: {fixed: 23, row: 240, element: 390},
      gradSoftmax: {fixed: 46, row: 370, element: 410},
      gradLogSoftmax: {fixed: 64, row: 440, element: 730},
      gradLogSumExp: {fixed: 76, row: 550, element: 550},
    },
    upload: {fixed: 1, element: 0.5},
    download: {fixed: 2, element: 0.5},
    firstCall: 0.71,
  },
  webgl: assumed(400, 0.1),
  webgpu: assumed(800, 0.5),
} satisfies Record<string, BackendCosts>;

/**
 * A GPU in hardware, of which there was none to measure: three passes over memory at 100 GB/s, as a laptop's has, and a wait
 * of some tenths of a millisecond for each result. The gradient takes twice that.
 */
function assumed(fixed: number, element: number): BackendCosts {
  const costs = OP_NAMES.map((op): [Op, OpCost] => {
    const passes = op.startsWith('grad') ? 2 : 1;
    return [op, {fixed: passes * fixed, row: 0, element: passes * element}];
  });
  return {
    from: 'assumed of a GPU with 100 GB/s, not measured',
    ops: Object.fromEntries(costs) as Record<Op, OpCost>,
    upload: {fixed: 200, element: 0.5},
    download: {fixed: 500, element: 1},
    firstCall: 100,
  };
}
