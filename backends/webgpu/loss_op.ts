import type {Loss} from '../engines/types';
import type {RowCode, RowOp, Sum, Uniform} from './row_op';
import {logits} from './wgsl/logits';

/**
 * Cross-entropy of each row, Σq log s + Σ q (m - x), two positive terms. Differences are taken in halves, since q may make
 * a finite number of one that is not.
 */
export function lossOp(loss: Loss): RowOp {
  const isSmoothed = loss.sparse && loss.smoothing > 0;
  return {
    ...opOf(loss, isSmoothed ? '_smoothed' : ''),
    reduces: true,
    code: (vector) => (loss.sparse ? sparseCode(vector, isSmoothed) : DENSE),
  };
}

const FUNCTIONS = `${logits(false, false)}
    fn smoothed(labels: V) -> V { return labels * uniforms.keep + uniforms.share; }`;

const COST = `
    // What differences are relative to: the row's maximum, or 0 where that is no number.
    fn baseOf(key: u32) -> f32 { return select(valueOf(key), 0.0, hasNoSoftmax(key)); }
    // What has no label costs nothing.
    fn costOf(q: V, x: V, key: u32) -> V {
      return select(V(0.0), 2.0 * q * (baseOf(key) * 0.5 - x * 0.5), q != V(0.0));
    }
    fn costOfBase(labelSum: f32, before: u32, now: u32) -> f32 {
      return select(0.0, 2.0 * labelSum * (baseOf(now) * 0.5 - baseOf(before) * 0.5), labelSum != 0.0);
    }
`;

const LABEL_SUM: Sum = {field: 'labelSum', term: (u) => `smoothed(labels${u})`};

const DENSE: RowCode = {
  functions: FUNCTIONS + COST,
  exponentials: 'logarithm',
  sums: [
    LABEL_SUM,
    {
      field: 'cost',
      term: (u) => `costOf(smoothed(labels${u}), x${u}, maximumKey)`,
      merged: 'costPart + costOfBase(labelSumPart, keyOfPart, maximumKey)',
    },
  ],
  // Labels of 0 throughout cost nothing, whatever the row holds.
  finish: `
        let costsNothing = labelSum == 0.0 && cost == 0.0;
        let loss = select(bitcast<i32>(labelSum * logSum + cost), bitcast<i32>(NAN_BITS), none);`,
  result: () => 'select(loss, 0, costsNothing)',
};

/** The class of a row, and whether it is one. */
const CLASS = `
        let classHere = u32(labels[row]);
        let noLoss = none || classHere >= uniforms.count * VECTOR;`;

function sparseCode(vector: 1 | 4, isSmoothed: boolean): RowCode {
  const inPart = 'f32(min(uniforms.part, uniforms.count - k * uniforms.part) * VECTOR)';
  const shared = {
    field: 'cost',
    term: (u: number) => `costOf(V(uniforms.share), x${u}, maximumKey)`,
    merged: `costPart + costOfBase(uniforms.share * ${inPart}, keyOfPart, maximumKey)`,
  };
  return {
    functions: `${FUNCTIONS}${COST}
    fn logitOf(element: u32) -> f32 { return V(x[place(element / VECTOR)])${vector === 4 ? '[element % VECTOR]' : ''}; }`,
    exponentials: 'logarithm',
    sums: isSmoothed ? [shared] : [],
    finish: `${CLASS}
        let costOfClass = 2.0 * uniforms.keep * (baseOf(maximumKey) * 0.5 - logitOf(classHere) * 0.5);
        let loss = logSum + ${isSmoothed ? '(cost + costOfClass)' : 'costOfClass'};`,
    result: () => 'select(bitcast<i32>(loss), bitcast<i32>(NAN_BITS), noLoss)',
  };
}

/**
 * Its derivative in the logits, g (y Σq - q), with g a factor, and if `cotangent` is in a tensor, times that.
 * @param cotangent what is in a tensor: a number a row, one for all, or null
 */
export function lossGradientOp(loss: Loss, factor: number, cotangent: 'rows' | 'total' | null): RowOp {
  const {key, registers, others, uniforms} = opOf(loss, `Gradient${cotangent ? '' : '_ofNumber'}`);
  return {
    key,
    registers,
    others: cotangent ? [...others, 'cotangent'] : others,
    uniforms: [...uniforms, ['factor', 'f32', factor], ['cotangentStep', 'u32', cotangent === 'rows' ? 1 : 0]],
    reduces: false,
    code: (vector) => gradientCode(loss.sparse, vector, cotangent ? ' * cotangent[row * uniforms.cotangentStep]' : ''),
  };
}

function gradientCode(sparse: boolean, vector: 1 | 4, timesCotangent: string): RowCode {
  const elements = vector === 4 ? 'j * VECTOR + vec4<u32>(0u, 1u, 2u, 3u)' : 'j';
  const oneHot = `
    fn oneHot(j: u32, element: u32) -> V { return select(V(0.0), V(1.0), VU(element) == ${elements}); }`;
  const label = (u: number) => (sparse ? `oneHot(j${u}, classHere)` : `labels${u}`);
  const sumOfLabels = sparse ? '' : ' * labelSum';
  return {
    functions: `${FUNCTIONS}${sparse ? oneHot : ''}`,
    exponentials: 'sum',
    sums: sparse ? [] : [LABEL_SUM],
    finish: `
      let g = uniforms.factor${timesCotangent};
      ${sparse ? CLASS : 'let noLoss = none;'}`,
    // A cotangent of 0 gives a gradient of 0, whatever the row holds.
    result: (u) => {
      const slope = `bitcast<VI>(g * (x${u} * reciprocal${sumOfLabels} - smoothed(${label(u)})))`;
      return `select(select(${slope}, VI(bitcast<i32>(NAN_BITS)), noLoss), VI(0), g == 0.0)`;
    },
  };
}

/** What losses and their gradients have in common. */
function opOf({sparse, smoothing, rows: {n}}: Loss, suffix: string) {
  const uniforms: Uniform[] = [
    ['keep', 'f32', 1 - smoothing],
    ['share', 'f32', smoothing / n],
  ];
  return {
    key: `${sparse ? 'sparseCrossEntropy' : 'crossEntropy'}${suffix}`,
    registers: sparse ? ['x'] : ['x', 'labels'],
    others: sparse ? ['labels'] : [],
    uniforms,
  };
}

/** The sum of each row, times a factor, which is taken of each element: their sum might overflow. */
export function totalOp(factor: number): RowOp {
  return {
    key: 'total',
    registers: ['x'],
    uniforms: [['factor', 'f32', factor]],
    reduces: true,
    code: () => ({
      sums: [{field: 't', term: (u) => `uniforms.factor * x${u}`}],
      result: () => 'bitcast<i32>(t)',
    }),
  };
}
