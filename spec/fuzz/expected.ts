import type {Bounds} from '../../backends/backend';
import type {ProductKind} from '../../backends/engines/types';
import * as reference from '../../kernels/reference';
import {PRODUCTS_OF_PROBABILITIES} from '../../kernels/reference_table';
import {reducedShape} from '../../kernels/rows';
import {ulp} from '../ulp';
import type {FuzzCase, Given, LayerArguments} from './case';
import {expectedDraws, expectedSample} from './sampling';

/** What a valid case has to give: a value for each element, and how far it may be off. */
export interface Expected {
  shape: number[];
  exact: ArrayLike<number>;
  /** Absolute. Infinite where float32 overflows on the way to a result that it could hold: there anything may come. */
  tolerance: ArrayLike<number>;
  /** float32 where it is not said. */
  dtype?: 'int32';
}

/** The unit of a float32 rounding. */
const UNIT = 2 ** -24;
/** Results below it may be 0: some twenty times the smallest normal float. */
const FLUSHED = 2e-37;
const SMALLEST_NORMAL = 2 ** -126;
/** Sums of the magnitudes beyond this may overflow in float32, whatever the result is. */
const OVERFLOWS = 1e38;

type Rows = Float64Array[];

const REFERENCE = {
  softmax: reference.softmax,
  logSoftmax: reference.logSoftmax,
  softmaxJacobian: reference.softmaxJacobian,
  logSoftmaxJacobian: reference.logSoftmaxJacobian,
};

/** The result in float64, by `kernels/reference.ts`, with the bounds that the README states. */
export function expectedOf(fuzzed: FuzzCase, promised: Bounds): Expected {
  if (fuzzed.layer) return layerOf(fuzzed, fuzzed.layer, promised);
  const bounds = withFlushedLogits(promised, fuzzed);
  const {axis, logits, keepDims} = fuzzed;
  if (typeof axis !== 'object') return expectedAlong(fuzzed, bounds);
  // The same with the joint axes moved to the end, as one.
  const rank = Math.max(logits.shape.length, 1);
  const axes = axis.map((each) => (each + rank) % rank);
  const {shape, to} = movedToTheEnd(logits.shape, axes);
  const moved = (given: Given | null): Given | null =>
    given && {...given, shape, values: Array.from(to, (from) => given.values[from]!)};
  const mask = fuzzed.mask && {...fuzzed.mask, shape: logits.shape, values: [...broadcast(fuzzed.mask, logits.shape)]};
  const perRow = fuzzed.op === 'logSumExp' || fuzzed.op === 'entropy';
  const vector = perRow ? fuzzed.vector && {...fuzzed.vector, shape: shape.slice(0, -1)} : moved(fuzzed.vector);
  const last = {...fuzzed, axis: -1, logits: moved(logits)!, mask: moved(mask), vector, keepDims: false};
  const expected = expectedAlong(last, bounds);
  if (perRow && !fuzzed.gradient) {
    const others = logits.shape.flatMap((d, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [d]));
    return {...expected, shape: others};
  }
  const back = (values: ArrayLike<number>) => {
    const result = new Float64Array(values.length);
    to.forEach((from, i) => {
      result[from] = values[i]!;
    });
    return result;
  };
  return {shape: logits.shape, exact: back(expected.exact), tolerance: back(expected.tolerance)};
}

/** The shape [...others, n], and from where in the tensor each element of one of that shape comes. */
function movedToTheEnd(shape: number[], axes: number[]): {shape: number[]; to: number[]} {
  const order = [...shape.keys()].sort((a, b) => Number(axes.includes(a)) - Number(axes.includes(b)) || a - b);
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const lengths = order.map((axis) => shape[axis]!);
  const to = Array.from({length: sizeOf(shape)}, (_, flat) => {
    let from = 0;
    for (let d = order.length - 1, rest = flat; d >= 0; d--) {
      from += (rest % lengths[d]!) * strides[order[d]!]!;
      rest = Math.floor(rest / lengths[d]!);
    }
    return from;
  });
  const others = lengths.slice(0, shape.length - axes.length);
  return {shape: shape.length === 0 ? [] : [...others, sizeOf(lengths.slice(others.length))], to};
}

function expectedAlong(fuzzed: FuzzCase, bounds: Bounds): Expected {
  const {op, logits, keepDims, offset = 0} = fuzzed;
  const {shape} = logits;
  const rank = Math.max(shape.length, 1);
  const axis = (((fuzzed.axis ?? -1) as number) + rank) % rank;
  const scale = op === 'softmin' ? -1 : (fuzzed.scale ?? 1);
  const x = new Float64Array(logits.values).map((value) => value * scale);
  const keep = fuzzed.mask ? broadcast(fuzzed.mask, shape) : null;
  const along = (rows: ArrayLike<number>[], f: (...rows: Rows) => reference.Row) =>
    reference.alongAxis(shape, axis, rows, f);
  const forward = (kind: 'softmax' | 'logSoftmax') =>
    keep ? along([x, keep], reference.masked[kind]) : along([x], REFERENCE[kind]);
  const kept = keep ?? new Float64Array(x.length).fill(1);
  const reduced = reducedShape(shape, axis, keepDims);
  const vector = fuzzed.vector ? Float64Array.from(fuzzed.vector.values) : null;
  if (fuzzed.loss) return lossOf(fuzzed, axis, bounds);

  if (op === 'categorical') return expectedDraws(fuzzed, axis, keep);
  if (op === 'gumbelSoftmax') return expectedSample(fuzzed, axis, keep, bounds.softmax);

  const name = op.replace('tf.', '');
  if (fuzzed.gradient) return gradientOf(name);
  switch (name) {
    case 'softmax':
    case 'softmin': {
      const exact = forward('softmax');
      return {shape, exact, tolerance: exact.map((y) => bounds.softmax * ulp(y) + FLUSHED)};
    }
    case 'logSoftmax': {
      const exact = forward('logSoftmax');
      // A maximum that its scale makes subnormal loses digits, which is nothing to the logits but shows near log 1 = 0.
      const subnormal = scale !== 1 && x.some(isSubnormal);
      return {
        shape,
        exact,
        tolerance: exact.map((y) => bounds.logSoftmax * ulp(y) + (subnormal ? bounds.logSoftmax * UNIT : FLUSHED)),
      };
    }
    case 'logSumExp': {
      const exact = keep
        ? along([x, keep], (row, k) => [reference.masked.logSumExp(row, k)])
        : along([x], (row) => [reference.logSumExp(row)]);
      // Where there are no rows to sum along, there may be results all the same.
      const filled = x.length > 0 ? exact : new Float64Array(sizeOf(reduced)).fill(Number.NEGATIVE_INFINITY);
      return {shape: reduced, exact: filled, tolerance: filled.map((y) => bounds.logSumExp * ulp(atLeastOne(y)))};
    }
    case 'entropy': {
      const exact = along([x, kept], (row, k) => [reference.entropy(reference.masked.kept(row, k))]);
      const filled = x.length > 0 ? exact : new Float64Array(sizeOf(reduced));
      // A sum of n products of probabilities and logarithms.
      const relative = 2 * (bounds.softmax + bounds.logSoftmax + 4) + (shape[axis] ?? 1) / 2;
      const subnormal = scale !== 1 && x.some(isSubnormal) ? UNIT : 0;
      const tolerance = filled.map((h) => relative * UNIT * h + subnormal + 100 * FLUSHED);
      return {shape: reduced, exact: filled, tolerance};
    }
    case 'softmaxInverse': {
      const exact = reference.softmaxInverse(logits.values, offset);
      const size = Float64Array.from(logits.values, (p) => Math.abs(Math.log(p)) + Math.abs(offset));
      return {
        shape,
        exact,
        tolerance: size.map((s, i) => (isSubnormal(logits.values[i]!) ? Infinity : 4 * UNIT * atLeastOne(s))),
      };
    }
    case 'softmaxJacobian':
    case 'logSoftmaxJacobian':
      return jacobianOf(name);
    case 'softmaxJvp':
    case 'softmaxVjp':
      return productOf('softmaxProduct', vector!, scale);
    case 'logSoftmaxJvp':
    case 'logSoftmaxVjp':
      return productOf(name, vector!, scale);
  }
  throw new Error(`there is no reference for ${op}`);

  function productOf(kind: ProductKind, v: Float64Array, factor: number): Expected {
    const y = forward('softmax');
    const exact = along([y, v], PRODUCTS_OF_PROBABILITIES[kind].value).map((p) => p * factor);
    return {shape, exact, tolerance: along([y, v], (p, w) => toleranceOfProduct(kind, p, w, factor, bounds))};
  }

  function gradientOf(of: string): Expected {
    // What the mask takes out does not count in the cotangent either.
    const g = vector?.map((v, i) => (keep && vector.length === keep.length && !keep[i] ? 0 : v));
    if (of === 'softmax' || of === 'softmin') return loosened(productOf('softmaxProduct', g!, scale));
    if (of === 'logSoftmax') return loosened(productOf('logSoftmaxVjp', g!, scale));
    if (of === 'logSumExp') {
      const y = forward('softmax');
      const perElement = broadcast({...fuzzed.vector!, shape: reducedShape(shape, axis, true)}, shape);
      const exact = y.map((p, i) => p * perElement[i]! * scale);
      const tolerance = exact.map(
        (p, i) => (bounds.softmax + 2) * UNIT * 2 * Math.abs(p) + FLUSHED * (1 + Math.abs(perElement[i]! * scale)),
      );
      return {shape, exact, tolerance: tolerance.map(orAnything)};
    }
    if (of === 'entropy') {
      const perElement = broadcast({...fuzzed.vector!, shape: reducedShape(shape, axis, true)}, shape);
      const logs = along([x, kept], (row, k) => {
        const p = reference.masked.softmax(row, k);
        return reference.masked.logSoftmax(row, k).map((log, i) => (p[i] === 0 ? 0 : log));
      });
      const {exact, tolerance} = loosened(productOf('softmaxProduct', logs, -scale));
      return {
        shape,
        exact: Array.from(exact, (slope, i) => slope * perElement[i]!),
        tolerance: Array.from(tolerance, (t, i) => {
          const size = Math.abs(perElement[i]!);
          // A cotangent below the normal floats may count as 0 before it is scaled.
          const uncounted = size < SMALLEST_NORMAL ? size * Math.abs(scale) : 0;
          return t === Infinity ? t : orAnything((t + 100 * FLUSHED) * size + FLUSHED + uncounted);
        }),
      };
    }
    return {shape, exact: [], tolerance: []};
  }

  function jacobianOf(of: 'softmaxJacobian' | 'logSoftmaxJacobian'): Expected {
    const others = shape.filter((_, i) => i !== axis);
    const n = shape[axis] ?? 1;
    const y = forward('softmax');
    const entries: number[] = [];
    const tolerance: number[] = [];
    const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const row = new Float64Array(n).map((_, j) => y[(o * n + j) * inner + i]!);
        const entriesOfRow = REFERENCE[of](row);
        entries.push(...(row.some(Number.isNaN) ? entriesOfRow.fill(Number.NaN) : entriesOfRow));
        for (let k = 0; k < n; k++) {
          const unit = new Float64Array(n).map((_, j) => Number(j === k));
          tolerance.push(
            ...toleranceOfProduct(of === 'softmaxJacobian' ? 'softmaxProduct' : 'logSoftmaxVjp', row, unit, 1, bounds),
          );
        }
      }
    }
    return {shape: [...others, n, n], exact: entries, tolerance};
  }
}

/** With a huge scale, logits that count as 0 on a GPU move their row by as much as that. */
function withFlushedLogits(bounds: Bounds, {logits, scale = 1}: FuzzCase): Bounds {
  if (!bounds.flushesLogits || !logits.values.some(isSubnormal)) return bounds;
  // The shift of a logit, and what it makes of the sum.
  const units = (2 * Math.abs(scale) * SMALLEST_NORMAL) / UNIT;
  const {softmax, logSoftmax, logSumExp, product} = bounds;
  // From some point on anything may come.
  const by = (bound: number) => (units * UNIT > 0.01 ? Number.POSITIVE_INFINITY : bound + 2 * units);
  return {...bounds, softmax: by(softmax), logSoftmax: by(logSoftmax), logSumExp: by(logSumExp), product: by(product)};
}

/** Backpropagation takes the probabilities of the forward pass, and what they are off, which can be 2 units an ULP. */
function loosened(expected: Expected): Expected {
  return {...expected, tolerance: Array.from(expected.tolerance, (t) => 3 * t)};
}

function toleranceOfProduct(
  kind: ProductKind,
  y: Float64Array,
  v: Float64Array,
  factor: number,
  bounds: Bounds,
): Float64Array {
  const total = v.reduce((sum, value) => sum + Math.abs(value), 0);
  return PRODUCTS_OF_PROBABILITIES[kind].magnitude(y, v).map((size, i) => {
    // A probability that is flushed to 0 is nothing in a sum, unless what it is multiplied by is huge.
    const flushed = FLUSHED * (1 + Math.abs(v[i]!) + total);
    const leavesFloat32 = (x: number) => x > OVERFLOWS || (x > 0 && x < FLUSHED);
    if (total > OVERFLOWS || total * Math.abs(factor) > OVERFLOWS || leavesFloat32(Math.abs(factor))) return Infinity;
    return Math.abs(factor) * (bounds.product * UNIT * size + flushed) + FLUSHED;
  });
}

function lossOf({logits, loss, vector}: FuzzCase, axis: number, bounds: Bounds): Expected {
  const {labels, sparse, labelSmoothing = 0, weights, classWeights, ignoreIndex, reduction = 'mean'} = loss!;
  const {shape} = logits;
  const n = shape[axis]!;
  const rows = reducedShape(shape, axis, false);
  const count = sizeOf(rows);
  const weightOfClass = classWeights && broadcast(classWeights, [n]);
  const weightOfRow = weights && broadcast(weights, rows);
  const inner = sizeOf(shape.slice(axis + 1));
  const at = (row: number, j: number) => (Math.floor(row / inner) * n + j) * inner + (row % inner);
  let [sum, sumOfWeights, size, sizeOfWeights] = [0, 0, 0, 0];
  const losses: number[] = [];
  const sizes: number[] = [];
  const gradient = new Float64Array(vector ? logits.values.length : 0);
  const gradientSizes = new Float64Array(gradient.length);
  for (let row = 0; row < count; row++) {
    const x = new Float64Array(n).map((_, j) => logits.values[at(row, j)]!);
    const index = sparse ? labels.values[row]! : -1;
    const ignored = sparse && ignoreIndex === index;
    const noClass = sparse && (index < 0 || index >= n);
    const label = new Float64Array(n).map((_, j) => (sparse ? Number(j === index) : labels.values[at(row, j)]!));
    const q = label.map((l) => l * (1 - labelSmoothing) + labelSmoothing / n);
    const log = reference.logSoftmax(x);
    // Each class's part weighs by its class; a label that is a class also counts so in the mean.
    const parts = q.map((qi, j) => qi * (weightOfClass?.[j] ?? 1));
    // An index of a class with weight 0 does not hide a loss that is not finite, as in PyTorch; a distribution with 0 there does.
    const hides = sparse && weightOfClass?.[index] === 0 && !Number.isFinite(reference.crossEntropy(x, label));
    const loss = ignored ? 0 : noClass || hides ? Number.NaN : reference.crossEntropy(x, parts);
    const sizeOfParts = label.map(
      (l, j) => (Math.abs(l) * (1 - labelSmoothing) + labelSmoothing / n) * Math.abs(weightOfClass?.[j] ?? 1),
    );
    const magnitude = ignored
      ? 0
      : sizeOfParts.reduce((m, size, j) => m + (size === 0 ? 0 : Math.abs(size * log[j]!)), 0);
    const weight = ignored ? 0 : (weightOfRow?.[row] ?? 1);
    const counts = weightOfClass && sparse && !ignored ? weight * (weightOfClass[index] ?? Number.NaN) : weight;
    if (vector) {
      const own = vector.values[row]! * weight;
      // What the kernel for class indices is handed: where it is 0, a row's gradient is, whatever the row holds.
      const ofClass = weightOfClass && sparse && (noClass || labelSmoothing === 0) ? (weightOfClass[index] ?? NaN) : 1;
      const cotangent = own * ofClass;
      const y = reference.softmax(x);
      const slope = reference.crossEntropyGradient(x, parts);
      const total = sizeOfParts.reduce((t, size) => t + size, 0);
      for (let j = 0; j < n; j++) {
        gradient[at(row, j)] = ignored || cotangent === 0 ? 0 : noClass ? Number.NaN : own * slope[j]!;
        // What underflows to 0 in float32 makes the whole row 0, and what overflows makes it NaN: a cotangent, or it times Σq.
        const most = Math.abs(cotangent) * Math.max(total, 1);
        const underflows = (cotangent !== 0 && Math.abs(cotangent) < 2 * FLUSHED) || most > OVERFLOWS;
        gradientSizes[at(row, j)] =
          ignored || cotangent === 0
            ? 0
            : underflows
              ? OVERFLOWS * 2
              : (FLUSHED / UNIT) * Math.abs(own) * total + Math.abs(own) * (y[j]! * total + sizeOfParts[j]!);
      }
    }
    losses.push(ignored ? 0 : loss * weight);
    // A loss that float32 cannot hold is infinite before it is weighted, also by 0.
    const overflows = magnitude > OVERFLOWS && magnitude < Number.POSITIVE_INFINITY;
    sizes.push(overflows ? 2 * OVERFLOWS : magnitude * Math.abs(weight));
    sum += losses[row]!;
    size += sizes[row]!;
    sumOfWeights += counts;
    sizeOfWeights += Math.abs(counts);
  }
  if (vector) {
    const relative = (bounds.product + 8 + n / 2) * UNIT;
    return {shape, exact: gradient, tolerance: gradientSizes.map((s) => orAnything(relative * s + FLUSHED * 16))};
  }
  // A sum of n products of labels and logarithms, each as exact as logSoftmax, by tfjs's kernels.
  const relative = (bounds.logSoftmax + 4 + n / 2 + (weightOfClass ? 4 : 0)) * 2 * UNIT;
  if (reduction === 'none')
    return {shape: rows, exact: losses, tolerance: sizes.map((s) => orAnything(relative * s + FLUSHED))};
  const further = relative + count * UNIT;
  if (reduction === 'sum') return {shape: [], exact: [sum], tolerance: [orAnything(further * size + FLUSHED)]};
  const divisor = weights || (classWeights && sparse) || ignoreIndex !== null ? sumOfWeights : count;
  const mean = divisor === 0 ? sum * 0 : sum / divisor;
  const offByDivisor = (Math.abs(mean) * sizeOfWeights * further) / Math.abs(divisor);
  // Where the weights cancel, whether their sum is 0 is a matter of rounding.
  const cancels = Math.abs(divisor) < 1e-3 * sizeOfWeights || (sizeOfWeights > 0 && sizeOfWeights < 4 * FLUSHED);
  const tolerance =
    divisor === 0 && sizeOfWeights === 0 ? FLUSHED : (further * size) / Math.abs(divisor) + offByDivisor + FLUSHED;
  // Each row's share is taken before the sum; only a loss alone, or the weights, may be too large.
  const largest = Math.max(divisor && size / Math.abs(divisor), sizeOfWeights, ...sizes.filter((s) => s > OVERFLOWS));
  return {shape: [], exact: [mean], tolerance: [cancels ? Number.POSITIVE_INFINITY : orAnything(tolerance, largest)]};
}

/** The loss of a layer, whose logits are exact, or its gradient. */
function layerOf(fuzzed: FuzzCase, {weights, bias, of}: LayerArguments, bounds: Bounds): Expected {
  const {logits: hidden, vector} = fuzzed;
  const {reduction = 'mean', ...loss} = fuzzed.loss!;
  const [features, classes] = weights.shape as [number, number];
  const rows = hidden.shape.slice(0, -1);
  const count = sizeOf(rows);
  const added = bias && broadcast(bias, [classes]);
  const logits = {...hidden, shape: [...rows, classes], values: new Array<number>(count * classes)};
  const eachProduct = (visit: (row: number, d: number, j: number) => void) => {
    for (let row = 0; row < count; row++) {
      for (let j = 0; j < classes; j++) for (let d = 0; d < features; d++) visit(row, d, j);
    }
  };
  for (let i = 0; i < logits.values.length; i++) logits.values[i] = added?.[i % classes] ?? 0;
  eachProduct((row, d, j) => {
    logits.values[row * classes + j]! += hidden.values[row * features + d]! * weights.values[d * classes + j]!;
  });
  const whole: FuzzCase = {...fuzzed, logits, vector: null, loss: {...loss, reduction}};
  if (!vector) return lossOf(whole, rows.length, bounds);
  // That of the losses of each row, of which a mean has a share.
  const share = reduction === 'mean' ? 1 / countsOf(fuzzed, count, classes).reduce((a, b) => a + b, 0) : 1;
  const values = Array.from({length: count}, (_, row) =>
    reduction === 'none' ? vector.values[row]! : share === Infinity ? 0 : vector.values[0]! * share,
  );
  const slopes = lossOf({...whole, vector: {...vector, shape: rows, values}}, rows.length, bounds);
  const {shape} = {hidden, weights, bias: bias!}[of];
  const [exact, tolerance] = [new Float64Array(sizeOf(shape)), new Float64Array(sizeOf(shape)).fill(FLUSHED)];
  const relative = (classes + count + 8) * UNIT;
  const add = (at: number, slope: number, factor: number) => {
    exact[at]! += slopes.exact[slope]! * factor;
    const off = slopes.tolerance[slope]! + relative * Math.abs(slopes.exact[slope]!);
    tolerance[at]! += factor === 0 ? 0 : off * Math.abs(factor);
  };
  if (of === 'bias') for (let i = 0; i < logits.values.length; i++) add(i % classes, i, 1);
  else {
    eachProduct((row, d, j) => {
      const [h, w] = [row * features + d, d * classes + j];
      if (of === 'hidden') add(h, row * classes + j, weights.values[w]!);
      else add(w, row * classes + j, hidden.values[h]!);
    });
  }
  return {shape, exact, tolerance};
}

/** What each row counts in the mean. */
function countsOf({logits, loss}: FuzzCase, count: number, classes: number): number[] {
  const {labels, sparse, weights, classWeights, ignoreIndex} = loss!;
  const rows = logits.shape.slice(0, -1);
  const ofRow = weights && broadcast(weights, rows);
  const ofClass = classWeights && sparse ? broadcast(classWeights, [classes]) : null;
  return Array.from({length: count}, (_, row) => {
    const label = labels.values[row]!;
    return sparse && label === ignoreIndex ? 0 : (ofRow?.[row] ?? 1) * (ofClass ? ofClass[label]! : 1);
  });
}

function orAnything(tolerance: number, size = tolerance / UNIT): number {
  return size > OVERFLOWS && size < Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : tolerance;
}

/** The values of a tensor at each element of a shape that it broadcasts to. */
function broadcast({shape: from, values}: Given, to: number[]): Float64Array {
  const missing = to.length - from.length;
  const strides = new Array<number>(to.length).fill(0);
  for (let d = to.length - 1, stride = 1; d >= missing; d--) {
    strides[d] = from[d - missing] === 1 ? 0 : stride;
    stride *= from[d - missing]!;
  }
  return new Float64Array(sizeOf(to)).map((_, flat) => {
    let at = 0;
    for (let d = to.length - 1, rest = flat; d >= 0; d--) {
      at += (rest % to[d]!) * strides[d]!;
      rest = Math.floor(rest / to[d]!);
    }
    return values[at]!;
  });
}

/** Webgl may take it for 0, and logarithms tell the difference. */
function isSubnormal(x: number): boolean {
  return x !== 0 && Math.abs(x) < SMALLEST_NORMAL;
}

function atLeastOne(x: number): number {
  return Math.max(Math.abs(x), 1);
}

function sizeOf(shape: number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
