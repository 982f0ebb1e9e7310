/** The table of special values: what a row gives, the same on every backend. */
export interface SpecialCase {
  name: string;
  row: number[];
  softmax: number[];
  logSoftmax: number[];
  logSumExp: number;
}

const INF = Number.POSITIVE_INFINITY;
const NAN = Number.NaN;
const LARGEST = 3.4028234663852886e38;
const LN2 = Math.LN2;

function nanRow(name: string, row: number[], logSumExp: number): SpecialCase {
  return {name, row, softmax: row.map(() => NAN), logSoftmax: row.map(() => NAN), logSumExp};
}

const SHORT: SpecialCase[] = [
  {
    name: 'some -Infinity',
    row: [-INF, 2, -INF, 2],
    softmax: [0, 0.5, 0, 0.5],
    logSoftmax: [-INF, -LN2, -INF, -LN2],
    logSumExp: 2 + LN2,
  },
  nanRow('all -Infinity', [-INF, -INF, -INF], -INF),
  nanRow('one +Infinity', [1, INF, 2], INF),
  nanRow('two +Infinity', [INF, 1, INF], INF),
  nanRow('+Infinity and -Infinity', [INF, -INF, 0], INF),
  nanRow('a NaN', [1, NAN, 2], NAN),
  nanRow('a NaN first', [NAN, 1, 2], NAN),
  nanRow('a NaN last', [1, 2, NAN], NAN),
  nanRow('a NaN and +Infinity', [NAN, INF, 2], NAN),
  nanRow('a NaN among -Infinity', [-INF, NAN, -INF], NAN),
  nanRow('all NaN', [NAN, NAN], NAN),
  {name: 'both largest floats', row: [LARGEST, -LARGEST], softmax: [1, 0], logSoftmax: [0, -INF], logSumExp: LARGEST},
  {
    name: 'the largest float twice',
    row: [LARGEST, LARGEST],
    softmax: [0.5, 0.5],
    logSoftmax: [-LN2, -LN2],
    logSumExp: LARGEST,
  },
  {name: 'n = 1', row: [-7.5], softmax: [1], logSoftmax: [0], logSumExp: -7.5},
  {name: 'n = 1, far below', row: [-1e30], softmax: [1], logSoftmax: [0], logSumExp: -1e30},
  nanRow('n = 1, -Infinity', [-INF], -INF),
  nanRow('n = 1, +Infinity', [INF], INF),
];

/** The same in long rows, where other variants run: the special elements first, last, and in the middle. */
const LONG: SpecialCase[] = [17, 64, 100, 2050].flatMap((n) =>
  [0, Math.floor(n / 2), n - 1].flatMap((at) => {
    const rowWith = (value: number) => Array.from({length: n}, (_, i) => (i === at ? value : (i % 7) - 3));
    const masked = Array.from({length: n}, (_, i) => (i === at ? 5 : -INF));
    return [
      nanRow(`+Infinity at ${at} of ${n}`, rowWith(INF), INF),
      nanRow(`NaN at ${at} of ${n}`, rowWith(NAN), NAN),
      {
        name: `all but ${at} of ${n} masked`,
        row: masked,
        softmax: masked.map((x) => (x === 5 ? 1 : 0)),
        logSoftmax: masked.map((x) => (x === 5 ? 0 : -INF)),
        logSumExp: 5,
      },
    ];
  }),
);

export const SPECIAL: SpecialCase[] = [...SHORT, ...LONG, nanRow('100 of -Infinity', Array(100).fill(-INF), -INF)];
