import {crossEntropy, masked, type Row} from '../../kernels/reference';
import {EPSILON, NAMES, type Name, SCALE, SIZES, type Task} from './transformer';

/** The block of `transformer.ts` in float64, one text after another, and its derivatives by differences. */

type Parameters = Record<Name, Float64Array>;
/** A row for each token. */
type Rows = Float64Array[];

const {batch, length, width, heads} = SIZES;
const PER_HEAD = width / heads;

/** The mean loss over all tokens. */
function loss(p: Parameters, inputs: Int32Array, targets: Int32Array): number {
  let sum = 0;
  for (let text = 0; text < batch; text++) {
    logits(p, inputs.subarray(text * length, (text + 1) * length)).forEach((row, t) => {
      const label = row.map((_, token) => Number(token === targets[text * length + t]));
      sum += crossEntropy(row, label);
    });
  }
  return sum / (batch * length);
}

/** The derivative of the loss in each parameter, by central differences. */
export function gradients({parameters, inputs, targets}: Task): Parameters {
  const p = mapNames((name) => Float64Array.from(parameters[name]));
  const h = 1e-5;
  return mapNames((name) =>
    p[name].map((value, i) => {
      const at = (x: number) => {
        p[name][i] = x;
        return loss(p, inputs, targets);
      };
      const slope = (at(value + h) - at(value - h)) / (2 * h);
      p[name][i] = value;
      return slope;
    }),
  );
}

function mapNames(f: (name: Name) => Float64Array): Parameters {
  return Object.fromEntries(NAMES.map((name) => [name, f(name)])) as Parameters;
}

function logits(p: Parameters, text: Int32Array): Rows {
  const rowOf = (matrix: Float64Array, i: number) => matrix.subarray(i * width, (i + 1) * width);
  let x: Rows = Array.from(text, (token, t) => plus(rowOf(p.embedding, token), rowOf(p.positions, t)));

  const normed = x.map(normalised);
  const [query, key, value] = [p.query, p.key, p.value].map((weights) => normed.map((row) => times(row, weights)));
  x = x.map((row, t) => plus(row, times(attended(query![t]!, key!, value!, t), p.out)));

  return x
    .map((row) => {
      const wide = times(normalised(row), p.up).map((u) => u / (1 + Math.exp(-u)));
      return plus(row, times(wide, p.down));
    })
    .map((row) => times(row, p.classes));
}

/** What the token at `t` sees of the values, of all heads side by side. */
function attended(query: Float64Array, key: Rows, value: Rows, t: number): Float64Array {
  const seen = new Float64Array(width);
  for (let start = 0; start < width; start += PER_HEAD) {
    const scores = key.map((k) => {
      let dot = 0;
      for (let i = start; i < start + PER_HEAD; i++) dot += query[i]! * k[i]!;
      return SCALE * dot;
    });
    const keep = scores.map((_, other) => Number(other <= t));
    const weights: Row = masked.softmax(scores, keep);
    value.forEach((v, other) => {
      for (let i = start; i < start + PER_HEAD; i++) seen[i]! += weights[other]! * v[i]!;
    });
  }
  return seen;
}

function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((x, i) => x + b[i]!);
}

/** A row times a matrix. */
function times(row: Float64Array, matrix: Float64Array): Float64Array {
  const columns = matrix.length / row.length;
  const result = new Float64Array(columns);
  row.forEach((x, i) => {
    for (let j = 0; j < columns; j++) result[j]! += x * matrix[i * columns + j]!;
  });
  return result;
}

function normalised(row: Float64Array): Float64Array {
  const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
  const centred = row.map((x) => x - mean);
  const variance = centred.reduce((sum, x) => sum + x * x, 0) / row.length;
  return centred.map((x) => x / Math.sqrt(variance + EPSILON));
}
