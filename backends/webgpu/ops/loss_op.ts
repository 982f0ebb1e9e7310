import type {Loss} from '../../engines/types';
import type {OpInput, RowCode, RowOp, Sum, Uniform} from '../row_op';
import {EXP} from '../wgsl/exp';
import {LOG1P} from '../wgsl/log1p';
import {numbers} from '../wgsl/numbers';
import {scaleOf, scaling} from '../wgsl/scale';
import {LOG_SUM, logit} from './forward_op';

/**
 * Cross-entropy of each row, Σq log s + Σ q (m - x), two positive terms. Differences are taken in halves, since q may make
 * a finite number of one that is not.
 */
export function lossOp(loss: Loss, vector: 1 | 4): RowOp {
  const smoothed = loss.sparse && loss.smoothing > 0;
  return {
    key: `${nameOf(loss)}${smoothed ? '_smoothed' : ''}`,
    inputs: inputsOf(loss),
    uniforms: uniformsOf(loss),
    reduces: true,
    numbersOfPart: loss.sparse ? (smoothed ? 4 : 3) : 5,
    code: () => (loss.sparse ? sparseCode(vector, smoothed) : denseCode(vector)),
  };
}

function denseCode(vector: 1 | 4): RowCode {
  return {
    ...codeOf(false, vector, `${LOG1P}${COST}`),
    exponentials: 'logarithm',
    sums: [
      LABEL_SUM,
      {
        field: 'cost',
        term: (u) => `costOf(smoothed(l${u}), x${u}, maximumKey)`,
        needsMaximum: true,
        merged: 'costPart + costOfBase(labelSumPart, keyOfPart, maximumKey)',
      },
    ],
    // Labels of 0 throughout cost nothing, whatever the row holds.
    finish: `${LOG_SUM}
        let costsNothing = labelSum == 0.0 && cost == 0.0;
        let loss = select(bitcast<i32>(labelSum * logSum + cost), bitcast<i32>(NAN_BITS), hasNoSoftmax(maximumKey));`,
    rowResult: 'select(loss, 0, costsNothing)',
  };
}

function sparseCode(vector: 1 | 4, smoothed: boolean): RowCode {
  const inPart = 'f32(min(uniforms.part, uniforms.count - k * uniforms.part) * VECTOR)';
  const shared = {
    field: 'cost',
    term: (u: number) => `costOf(V(uniforms.share), x${u}, maximumKey)`,
    needsMaximum: true,
    merged: `costPart + costOfBase(uniforms.share * ${inPart}, keyOfPart, maximumKey)`,
  };
  return {
    ...codeOf(true, vector, `${LOG1P}${COST}`),
    exponentials: 'logarithm',
    sums: smoothed ? [shared] : [],
    finish: `${LOG_SUM}
        let classHere = u32(labels[row]);
        let none = hasNoSoftmax(maximumKey) || classHere >= uniforms.count * VECTOR;
        let costOfClass = 2.0 * uniforms.keep * (baseOf(maximumKey) * 0.5 - logitOf(classHere) * 0.5);
        let loss = logSum + ${smoothed ? '(cost + costOfClass)' : 'costOfClass'};`,
    rowResult: 'select(bitcast<i32>(loss), bitcast<i32>(NAN_BITS), none)',
  };
}

/**
 * Its derivative in the logits, g (y Σq - q), with g a factor, and if `cotangent` is in a tensor, times that.
 * @param cotangent what is in a tensor: a number a row, one for all, or null
 */
export function lossGradientOp(loss: Loss, vector: 1 | 4, factor: number, cotangent: 'rows' | 'total' | null): RowOp {
  const {sparse} = loss;
  const uniforms: Uniform[] = [...uniformsOf(loss), ['factor', 'f32', factor]];
  const key = `${nameOf(loss)}Gradient`;
  const op = {reduces: false, numbersOfPart: sparse ? 2 : 3};
  if (cotangent === null) {
    return {
      ...op,
      key: `${key}_ofNumber`,
      inputs: inputsOf(loss),
      uniforms,
      code: () => gradientCode(sparse, vector, ''),
    };
  }
  return {
    ...op,
    key,
    inputs: [...inputsOf(loss), {name: 'cotangent', vectors: false}],
    uniforms: [...uniforms, ['cotangentStep', 'u32', cotangent === 'rows' ? 1 : 0]],
    code: () => gradientCode(sparse, vector, '* cotangent[row * uniforms.cotangentStep]'),
  };
}

function gradientCode(sparse: boolean, vector: 1 | 4, timesCotangent: string): RowCode {
  const label = (u: number) => (sparse ? `smoothed(oneHot(j${u}, classHere))` : `smoothed(l${u})`);
  return {
    ...codeOf(sparse, vector, sparse ? oneHot(vector) : ''),
    exponentials: 'sum',
    takesExponentials: true,
    sums: sparse ? [] : [LABEL_SUM],
    finish: `
      let g = uniforms.factor ${timesCotangent};
      let slope = quotient(1.0, sum);
      ${sparse ? 'let classHere = u32(labels[row]);' : ''}
      let none = hasNoSoftmax(maximumKey)${sparse ? ' || classHere >= uniforms.count * VECTOR' : ''};`,
    // A cotangent of 0 gives a gradient of 0, whatever the row holds.
    map: (u) =>
      `select(select(bitcast<VI>(g * (x${u} * slope${sparse ? '' : ' * labelSum'} - ${label(u)})), VI(bitcast<i32>(NAN_BITS)), none), VI(0), g == 0.0)`,
  };
}

const nameOf = ({sparse}: Loss): string => (sparse ? 'sparseCrossEntropy' : 'crossEntropy');

function inputsOf({sparse}: Loss): OpInput[] {
  return [
    {name: 'x', vectors: true},
    {name: 'labels', vectors: !sparse},
  ];
}

function uniformsOf({smoothing, rows: {n}}: Loss): Uniform[] {
  return [
    ['keep', 'f32', 1 - smoothing],
    ['share', 'f32', smoothing / n],
  ];
}

/** What losses and their gradients have in common: logits, and labels beside them unless these are indices. */
function codeOf(sparse: boolean, vector: 1 | 4, functions: string): Pick<RowCode, 'functions' | 'registers'> {
  const x = {name: 'x', load: (j: string, inside: string) => `logit(${j}, ${inside})`};
  const l = {name: 'l', load: (j: string) => `V(labels[place(${j})])`};
  return {
    registers: sparse ? [x] : [x, l],
    functions: `${numbers(vector)}${scaling(scaleOf(1))}${EXP}${logit(null)}${functions}
    fn smoothed(labels: V) -> V { return labels * uniforms.keep + V(uniforms.share); }
    fn logitOf(element: u32) -> f32 { return V(x[place(element / VECTOR)])${vector === 4 ? '[element % VECTOR]' : ''}; }`,
  };
}

const LABEL_SUM: Sum = {field: 'labelSum', term: (u) => `smoothed(l${u})`, needsMaximum: false};

const COST = `
    // What differences are relative to: the row's maximum, or 0 where that is no number.
    fn baseOf(key: u32) -> f32 { return select(valueOf(key), 0.0, hasNoSoftmax(key)); }
    // What has no label costs nothing.
    fn costOf(q: V, x: V, key: u32) -> V {
      return select(V(0.0), 2.0 * q * (V(baseOf(key) * 0.5) - x * 0.5), q != V(0.0));
    }
    fn costOfBase(labelSum: f32, before: u32, now: u32) -> f32 {
      return select(0.0, 2.0 * labelSum * (baseOf(now) * 0.5 - baseOf(before) * 0.5), labelSum != 0.0);
    }
`;

function oneHot(vector: 1 | 4): string {
  const elements = vector === 4 ? 'j * VECTOR + vec4<u32>(0u, 1u, 2u, 3u)' : 'j';
  return `
    fn oneHot(j: u32, element: u32) -> V { return select(V(0.0), V(1.0), VU(element) == ${elements}); }
`;
}
