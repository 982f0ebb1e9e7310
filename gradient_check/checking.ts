/** The procedure: for each order, direction and input a derivative, differences, and the comparison of the two. */
import {type Tensor, tensor, tidy, zeros} from '@tensorflow/tfjs-core';
import {
  checkResults,
  type Differentiable,
  evaluate,
  gradientsOf,
  type Results,
  resultsOf,
  valueAndGradients,
} from './derivatives';
import {type Difference, derivativeAlong} from './differences';
import {Random} from './random';
import {type Reading, read, readPresent} from './reading';
import {type GradientCheck, type GradientReport, reportOf} from './report';
import {dot, medianOf, norm, sampleOf} from './vectors';

/** What is asked for, checked and complete. */
export interface Settings {
  order: number;
  directions: number | 'all';
  modes: readonly string[];
  against: Differentiable | null;
  step: number | null;
  rtol: number;
  atol: number;
  seed: number;
}

/** What stays the same throughout. */
interface Subject {
  op: string;
  f: Differentiable;
  inputs: Tensor[];
  /** Those that are differentiated: their places among the inputs, shapes and values. */
  places: number[];
  shapes: number[][];
  values: Float32Array[];
  settings: Settings;
  checks: GradientCheck[];
  skipped: GradientReport['skipped'];
}

/** The results of one order at the inputs, with weights, and the gradients of their weighted sum. */
interface Base {
  order: number;
  results: Results;
  values: Float32Array[];
  shapes: number[][];
  cotangents: Float32Array[];
  /** In the order of `places`; null where tfjs finds no way back. */
  gradients: (Float32Array | null)[];
  /** What tfjs threw instead of gradients. */
  thrown: string | null;
}

/** Another implementation's elements are rounded each by itself. */
const AGAINST = 1e-4;

export function* check(op: string, f: Differentiable, inputs: Tensor[], settings: Settings): Reading<GradientReport> {
  const subject: Subject = {op, f, inputs, places: [], shapes: [], values: [], settings, checks: [], skipped: []};
  inputs.forEach((input, i) => {
    const reason = whyNot(input);
    if (reason) subject.skipped.push({input: i, reason});
    else subject.places.push(i);
  });
  if (subject.places.length === 0) {
    const reasons = subject.skipped.map(({input, reason}) => `input ${input} ${reason}`).join(', ');
    throw new Error(`${op}: there is nothing to differentiate: ${reasons}. Pass a float32 tensor.`);
  }
  subject.shapes = subject.places.map((place) => inputs[place]!.shape);
  subject.values = yield* read(tidy(() => subject.places.map((place) => inputs[place]!.clone())));

  let results = resultsOf(op, f, inputs, subject.places);
  let others = settings.against && resultsOf(`${op}: against`, settings.against, inputs, subject.places);
  for (let order = 1; order <= settings.order; order++) {
    const base = yield* checkOrder(subject, order, results, others);
    if (base.thrown !== null) break;
    const cotangents = () => tensors(base.cotangents, base.shapes);
    results = gradientsOf(results, cotangents);
    others = others && gradientsOf(others, cotangents);
  }
  return reportOf(settings.order, subject.checks, subject.skipped);
}

function whyNot({dtype, size}: Tensor): string | null {
  if (dtype !== 'float32') return `is ${dtype}, which has no derivative`;
  return size === 0 ? 'has no elements' : null;
}

/** @returns the base of the first direction, whose cotangents make its gradients the results of the next order */
function* checkOrder(subject: Subject, order: number, results: Results, others: Results | null): Reading<Base> {
  const {directions, seed, modes} = subject.settings;
  const evaluated = evaluate(results, subject.values, subject.shapes);
  const shapes = evaluated.map(({shape}) => shape);
  const values = yield* read(evaluated);
  if (!values.some((each) => each.length === 0 || each.some(Number.isFinite))) {
    throw new Error(`${subject.op}: f is not finite at these inputs, so there is no derivative to check.`);
  }
  let first: Base | null = null;
  for (let d = 0; d < (directions === 'all' ? 1 : directions); d++) {
    const random = new Random(seed, order, d);
    const cotangents = values.map((each) => weightsOf(each, random));
    const base = yield* baseOf(subject, {order, results, values, shapes, cotangents, gradients: [], thrown: null});
    first ??= base;
    for (let i = 0; i < subject.places.length; i++) {
      const ways = directions === 'all' ? elementwise(subject.shapes[i]!) : [randomWay(d, subject.values[i]!, random)];
      for (const way of ways) yield* checkAlong(subject, base, i, way, order === 1 && modes.includes('jvp'));
    }
    if (base.thrown !== null) break;
    if (others) yield* compareWith(subject, base, others);
  }
  return first!;
}

/**
 * What a result weighs, beside one of median size: a large one less, so that its rounding does not hide errors in others; a
 * small one more, but not much, since there may be rounding of larger numbers in it.
 */
const LEAST_WEIGHT = 1 / 8;
const MOST_WEIGHT = 3;

/** Random weights. The size of a 0 tells nothing. A result that is not finite has no differences, and no weight. */
function weightsOf(values: Float32Array, random: Random): Float32Array {
  const median = medianOf(sampleOf(values).map(Math.abs));
  const evening = (size: number) => (size && median ? Math.min(Math.max(median / size, LEAST_WEIGHT), MOST_WEIGHT) : 1);
  return values.map((value) => (Number.isFinite(value) ? random.weight() * evening(Math.abs(value)) : 0));
}

/** The base with its gradients, or with what tfjs threw. */
function* baseOf(subject: Subject, base: Base): Reading<Base> {
  let found: ReturnType<typeof valueAndGradients>;
  try {
    found = gradientsAt(subject, base.results, base);
  } catch (error) {
    return {...base, gradients: subject.places.map(() => null), thrown: messageOf(error)};
  }
  const [value, ...gradients] = yield* readPresent([found.value, ...found.gradients]);
  if (value && base.order === 1) checkRepeats(subject.op, base.values[0]!, value, base.cotangents[0]!);
  return {...base, gradients};
}

function gradientsAt({values, shapes}: Subject, results: Results, base: Base) {
  const inputs = tensors(values, shapes);
  const cotangents = tensors(base.cotangents, base.shapes);
  try {
    return valueAndGradients(results, inputs, cotangents);
  } finally {
    for (const each of [...inputs, ...cotangents]) each.dispose();
  }
}

function checkRepeats(op: string, once: Float32Array, again: Float32Array, weights: Float32Array): void {
  const change = once.map((value, i) => value - again[i]!);
  if (norm(change, weights) <= 1e-3 * norm(once, weights)) return;
  throw new Error(
    `${op}: f gives different results for the same inputs, so differences say nothing. ` +
      'If it draws random numbers (dropout, noise), give it a fixed seed.',
  );
}

/** A direction in which an input is moved. */
interface Way {
  name: string;
  u: Float32Array;
}

function randomWay(d: number, values: Float32Array, random: Random): Way {
  // An element that is not finite stays where it is.
  return {name: `random direction ${d + 1}`, u: values.map((value) => (Number.isFinite(value) ? random.weight() : 0))};
}

function* elementwise(shape: number[]): Generator<Way, void> {
  const size = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < size; i++) {
    const u = new Float32Array(size);
    u[i] = 1;
    yield {name: elementName(i, shape), u};
  }
}

function elementName(index: number, shape: number[]): string {
  const at: number[] = [];
  for (const length of [...shape].reverse()) {
    at.unshift(index % length);
    index = Math.floor(index / length);
  }
  return `element [${at.join(', ')}]`;
}

/** Compares one input's derivative along one way. */
function* checkAlong(subject: Subject, base: Base, i: number, {name, u}: Way, withJvp: boolean): Reading<void> {
  const {modes, rtol, atol, step} = subject.settings;
  const gradient = base.gradients[i] ?? null;
  const {values, cotangents, results} = base;
  const along = {results, inputs: subject.values, shapes: subject.shapes, moved: i, direction: u, values, cotangents};
  const slope = yield* derivativeAlong({...along, gradient, step});
  const place = {input: subject.places[i]!, order: base.order, direction: name};
  const unit = unitOf(cotangents);
  const analytic = gradient ? dot(gradient, u) : 0;
  const size = gradient ? norm(gradient, u) : 0;
  const doubt = doubtOf(slope, size);

  if (modes.includes('vjp')) {
    const given = {...place, mode: 'vjp' as const, numeric: slope.value, unit};
    const allowed = slope.valueError + rtol * size + atol * Math.abs(unit);
    const missing = 'tfjs finds no way back from the results to this input';
    if (base.thrown !== null) record(subject, {...given, analytic: Number.NaN, allowed, note: base.thrown});
    else if (gradient) record(subject, {...given, analytic, allowed, doubt});
    else if (doubt || Math.abs(slope.value) > allowed)
      record(subject, {...given, analytic, allowed, doubt, note: missing});
    else
      subject.skipped.push({input: place.input, reason: `order ${base.order} is 0: the results do not change with it`});
  }
  if (!withJvp) return;
  const pushed = yield* read(pushedForward(subject, i, u));
  const jvp = pushed.reduce((total, each, k) => total + dot(each, cotangents[k]!), 0);
  const jvpSize = Math.hypot(...pushed.map((each, k) => norm(each, cotangents[k]!)));
  const given = {...place, mode: 'jvp' as const, analytic: jvp, unit};
  record(subject, {
    ...given,
    numeric: slope.value,
    allowed: slope.valueError + rtol * jvpSize + atol * Math.abs(unit),
    doubt,
  });
  if (!gradient) return;
  // <w, J u> = <Jᵗ w, u>, whatever f is.
  const allowed = 16 * rtol * (jvpSize + size) + atol * Math.abs(unit);
  record(subject, {...given, mode: 'jvp against vjp', numeric: analytic, allowed});
}

/** Why differences cannot tell what the derivative is. */
function doubtOf({value, kink, kinkError, settled, inJumps}: Difference, size: number): string | undefined {
  if (Number.isNaN(value)) return 'f is not finite on both sides, however small the step';
  // Of floor the gradient is 0, and the difference over long steps 1.
  if (inJumps && size === 0) return 'f moves in jumps, between which its gradient of 0 may be right';
  if (!settled) return 'differences do not settle: f jumps, or changes within the smallest steps';
  if (Math.abs(kink) <= kinkError) return undefined;
  const sides = [value - kink, value + kink].map((side) => side.toPrecision(3));
  return `one-sided differences disagree, ${sides.join(' and ')}: a kink`;
}

/** J·u of f.jvp, with u in one input. */
function pushedForward({op, f, inputs, places, shapes}: Subject, i: number, u: Float32Array): Tensor[] {
  return tidy(() => {
    const tangents = inputs.map((input, k) => (k === places[i] ? tensor(u, shapes[i], 'float32') : zeros(input.shape)));
    return checkResults(`${op}: jvp`, f.jvp!(...inputs, ...tangents)).map((result) => result.clone());
  });
}

/** Compares gradients element by element with those of another function. */
function* compareWith(subject: Subject, base: Base, others: Results): Reading<void> {
  const {rtol, atol} = subject.settings;
  const {gradients, value} = gradientsAt(subject, others, base);
  value?.dispose();
  const theirs = yield* readPresent(gradients);
  for (const [i, input] of subject.places.entries()) {
    const size = subject.values[i]!.length;
    const [ours, other] = [base.gradients[i], theirs[i]].map((each) => each ?? new Float32Array(size));
    const typical = norm(other!, ONES(size)) / Math.sqrt(size);
    const allowedAt = (k: number) =>
      Math.max(rtol, AGAINST) * (Math.abs(other![k]!) + typical) + atol * Math.abs(unitOf(base.cotangents));
    let worst = 0;
    let most = -1;
    ours!.forEach((value, k) => {
      const relative = Math.abs(value - other![k]!) / allowedAt(k);
      if (relative > most || Number.isNaN(relative)) [worst, most] = [k, Number.isNaN(relative) ? Infinity : relative];
    });
    record(subject, {
      input,
      order: base.order,
      mode: 'against',
      direction: elementName(worst, subject.shapes[i]!),
      analytic: ours![worst]!,
      numeric: other![worst]!,
      allowed: allowedAt(worst),
      unit: unitOf(base.cotangents),
    });
  }
}

const ONES = (size: number) => new Float32Array(size).fill(1);

/** Of a scalar f its derivative is reported, and not the cotangent times it. */
function unitOf(cotangents: Float32Array[]): number {
  return (cotangents.length === 1 && cotangents[0]!.length === 1 && cotangents[0]![0]) || 1;
}

interface Comparison extends Pick<GradientCheck, 'input' | 'order' | 'mode' | 'direction' | 'analytic' | 'numeric'> {
  /** What the error may be, in the units of analytic and numeric. */
  allowed: number;
  /** By which numbers are divided before they are reported. */
  unit: number;
  /** Why it cannot be decided, or what is wrong apart from the numbers. */
  doubt?: string | undefined;
  note?: string;
}

function record(subject: Subject, {analytic, numeric, allowed, unit, doubt, note, ...place}: Comparison): void {
  const error = Math.abs(analytic - numeric);
  const verdict = Number.isNaN(analytic) || !(doubt || error <= allowed) ? 'differs' : doubt ? 'undecided' : 'agrees';
  const said = note ?? doubt;
  subject.checks.push({
    ...place,
    analytic: analytic / unit,
    numeric: numeric / unit,
    error: error / Math.abs(unit),
    tolerance: allowed / Math.abs(unit),
    verdict,
    ...(said !== undefined && {note: said}),
  });
}

function tensors(values: Float32Array[], shapes: number[][]): Tensor[] {
  return values.map((each, i) => tensor(each, shapes[i], 'float32'));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
