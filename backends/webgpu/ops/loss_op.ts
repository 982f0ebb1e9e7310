import type {Loss} from '../../engines/types';
import type {OpInput, Register, RowOp, Uniform} from '../row_op';
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
  const {sparse, smoothing} = loss;
  const {inputs, registers, uniforms, functions} = commonOf(loss, vector);
  const op = {inputs, registers, uniforms, exponentials: 'logarithm'} as const;
  const all = `${functions}${LOG1P}${COST}`;
  if (!sparse) {
    return {
      ...op,
      key: 'crossEntropy',
      functions: all,
      sums: [
        {field: 'labelSum', term: (u) => `smoothed(l${u})`, needsMaximum: false},
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
  const smoothed = smoothing > 0;
  const inPart = 'f32(min(uniforms.part, uniforms.count - k * uniforms.part) * VECTOR)';
  return {
    ...op,
    key: `sparseCrossEntropy${smoothed ? '_smoothed' : ''}`,
    functions: all,
    sums: smoothed
      ? [
          {
            field: 'cost',
            term: (u) => `costOf(V(uniforms.share), x${u}, maximumKey)`,
            needsMaximum: true,
            merged: `costPart + costOfBase(uniforms.share * ${inPart}, keyOfPart, maximumKey)`,
          },
        ]
      : [],
    finish: `${LOG_SUM}
        let classHere = u32(labels[row]);
        let none = hasNoSoftmax(maximumKey) || classHere >= uniforms.count * VECTOR;
        let costOfClass = 2.0 * uniforms.keep * (baseOf(maximumKey) * 0.5 - logitOf(classHere) * 0.5);
        let loss = logSum + ${smoothed ? '(cost + costOfClass)' : 'costOfClass'};`,
    rowResult: 'select(bitcast<i32>(loss), bitcast<i32>(NAN_BITS), none)',
  };
}

/** Its derivative in the logits, g (y Σq - q). */
export function lossGradientOp(loss: Loss, vector: 1 | 4): RowOp {
  const {sparse, total} = loss;
  const {inputs, registers, uniforms, functions} = commonOf(loss, vector);
  const label = (u: number) => (sparse ? `smoothed(oneHot(j${u}, classHere))` : `smoothed(l${u})`);
  return {
    key: `${sparse ? 'sparseCrossEntropy' : 'crossEntropy'}Gradient`,
    inputs: [...inputs, {name: 'cotangent', vectors: false}],
    uniforms: [...uniforms, ['cotangentStep', 'u32', total === null ? 1 : 0], ['factor', 'f32', total ?? 1]],
    functions: `${functions}${sparse ? oneHot(vector) : ''}`,
    registers,
    exponentials: 'sum',
    takesExponentials: true,
    sums: sparse ? [] : [{field: 'labelSum', term: (u) => `smoothed(l${u})`, needsMaximum: false}],
    finish: `
      let g = cotangent[row * uniforms.cotangentStep] * uniforms.factor;
      let slope = quotient(${sparse ? '1.0' : 'labelSum'}, sum);
      ${sparse ? 'let classHere = u32(labels[row]);' : ''}
      let none = hasNoSoftmax(maximumKey)${sparse ? ' || classHere >= uniforms.count * VECTOR' : ''};`,
    // A cotangent of 0 gives a gradient of 0, whatever the row holds.
    map: (u) =>
      `select(select(bitcast<VI>(g * (x${u} * slope - ${label(u)})), VI(bitcast<i32>(NAN_BITS)), none), VI(0), g == 0.0)`,
  };
}

function commonOf({sparse, smoothing, rows: {n}}: Loss, vector: 1 | 4) {
  const scale = scaleOf(1);
  const registers: Register[] = [{name: 'x', load: (j, inside) => `logit(${j}, ${inside})`}];
  if (!sparse) registers.push({name: 'l', load: (j) => `V(labels[place(${j})])`});
  const inputs: OpInput[] = [
    {name: 'x', vectors: true},
    {name: 'labels', vectors: !sparse},
  ];
  const uniforms: Uniform[] = [
    ['keep', 'f32', 1 - smoothing],
    ['share', 'f32', smoothing / n],
  ];
  const functions = `${numbers(vector)}${scaling(scale)}${EXP}${logit(null)}
    fn smoothed(labels: V) -> V { return labels * uniforms.keep + V(uniforms.share); }
    fn logitOf(element: u32) -> f32 { return V(x[place(element / VECTOR)])${vector === 4 ? '[element % VECTOR]' : ''}; }`;
  return {inputs, registers, uniforms, functions};
}

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
