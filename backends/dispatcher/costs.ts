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
      softmax: {fixed: 2.9, row: 7.5, element: 1.2},
      softmin: {fixed: 2.2, row: 7, element: 1.2},
      logSoftmax: {fixed: 2.4, row: 24, element: 1.4},
      logSumExp: {fixed: 2.2, row: 22, element: 1},
      softmaxJvp: {fixed: 9.8, row: 15, element: 1.8},
      softmaxVjp: {fixed: 6.3, row: 16, element: 2},
      logSoftmaxJvp: {fixed: 3.7, row: 9.5, element: 2.1},
      logSoftmaxVjp: {fixed: 5.7, row: 12, element: 1.8},
      gradSoftmax: {fixed: 16, row: 7, element: 1.9},
      gradLogSoftmax: {fixed: 16, row: 45, element: 3.3},
      gradLogSumExp: {fixed: 30, row: 110, element: 39},
    },
    upload: {fixed: 0, element: 0},
    download: {fixed: 1, element: 0},
    firstCall: 0.2,
  },
  wasm: {
    from: 'measured with Node 20 on 2 cores of AMD EPYC, 2026-11-22',
    ops: {
      softmax: {fixed: 3.7, row: 11, element: 0.82},
      softmin: {fixed: 2.6, row: 9, element: 1},
      logSoftmax: {fixed: 2.5, row: 28, element: 1.3},
      logSumExp: {fixed: 2.6, row: 23, element: 0.96},
      softmaxJvp: {fixed: 7.8, row: 16, element: 1.1},
      softmaxVjp: {fixed: 6.5, row: 21, element: 1.2},
      logSoftmaxJvp: {fixed: 6.3, row: 12, element: 1.5},
      logSoftmaxVjp: {fixed: 6.8, row: 12, element: 1.1},
      gradSoftmax: {fixed: 14, row: 17, element: 1.4},
      gradLogSoftmax: {fixed: 16, row: 39, element: 2.8},
      gradLogSumExp: {fixed: 34, row: 0, element: 67},
    },
    upload: {fixed: 4.7, element: 0.51},
    download: {fixed: 1.5, element: 0.28},
    firstCall: 0.3,
  },
  tensorflow: {
    from: 'measured with Node 20 on 2 cores of AMD EPYC, 2026-11-22',
    ops: {
      softmax: {fixed: 6.5, row: 2.1, element: 1.7},
      softmin: {fixed: 5, row: 4.9, element: 1.7},
      logSoftmax: {fixed: 3.1, row: 23, element: 1.6},
      logSumExp: {fixed: 3.3, row: 23, element: 1.1},
      softmaxJvp: {fixed: 11, row: 14, element: 2.1},
      softmaxVjp: {fixed: 7.8, row: 7.7, element: 2.8},
      logSoftmaxJvp: {fixed: 8.5, row: 6.3, element: 2.5},
      logSoftmaxVjp: {fixed: 7.4, row: 14, element: 2.3},
      gradSoftmax: {fixed: 26, row: 7.3, element: 2.5},
      gradLogSoftmax: {fixed: 25, row: 34, element: 3.8},
      gradLogSumExp: {fixed: 83, row: 39, element: 3.5},
    },
    upload: {fixed: 5.5, element: 0.4},
    download: {fixed: 2.3, element: 0.2},
    firstCall: 0.26,
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
    from: "measured with the ops of tfjs's cpu backend in Node 20 on 2 cores of AMD EPYC, 2026-11-22",
    ops: {
      softmax: {fixed: 150, row: 100, element: 410},
      softmin: {fixed: 91, row: 200, element: 460},
      logSoftmax: {fixed: 99, row: 290, element: 500},
      logSumExp: {fixed: 110, row: 370, element: 470},
      softmaxJvp: {fixed: 54, row: 1600, element: 710},
      softmaxVjp: {fixed: 120, row: 580, element: 750},
      logSoftmaxJvp: {fixed: 40, row: 390, element: 690},
      logSoftmaxVjp: {fixed: 49, row: 480, element: 730},
      gradSoftmax: {fixed: 110, row: 280, element: 740},
      gradLogSoftmax: {fixed: 150, row: 560, element: 1400},
      gradLogSumExp: {fixed: 150, row: 1500, element: 1500},
    },
    upload: {fixed: 1, element: 0.5},
    download: {fixed: 2, element: 0.5},
    firstCall: 0.7,
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
