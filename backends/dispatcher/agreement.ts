/** What functions return, and whether backends agree about it. */
import {Tensor} from '@tensorflow/tfjs-core';

/** Tensors of smaller numbers than this are compared as if it were in them: what cancels leaves rounding errors alone. */
const SMALLEST_SIZE = 1e-3;

/** One tensor, array or number of a result. */
export interface Values {
  /** For people: `float32 [2, 3]`. */
  kind: string;
  values: ArrayLike<unknown>;
}

/** What a backend gave. */
export interface Given {
  backend: string;
  result: Values[];
  /** How far results may be apart there, relative to the largest number of a tensor. */
  tolerance: number;
}

/** Tensors, typed arrays, numbers, texts and booleans of a result, in arrays and plain objects of any depth. */
export function leavesOf(result: unknown): unknown[] {
  const leaves: unknown[] = [];
  const seen = new Set<unknown>();
  const walk = (value: unknown) => {
    if (value === null || value === undefined || typeof value === 'function' || seen.has(value)) return;
    if (typeof value !== 'object' || isTensor(value) || ArrayBuffer.isView(value)) leaves.push(value);
    else {
      seen.add(value);
      if (Array.isArray(value)) value.forEach(walk);
      else if (isPlain(value)) Object.values(value).forEach(walk);
    }
  };
  walk(result);
  return leaves;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Of whichever copy of tfjs-core. */
export function isTensor(value: unknown): value is Tensor {
  return (
    value instanceof Tensor || (typeof value === 'object' && value !== null && 'dataId' in value && 'dtype' in value)
  );
}

/** The values of one leaf that is no tensor. */
export function plainValues(leaf: unknown): Values {
  if (ArrayBuffer.isView(leaf) && 'length' in leaf) {
    const values = leaf as unknown as ArrayLike<unknown>;
    return {kind: `${leaf.constructor.name} [${values.length}]`, values};
  }
  return {kind: typeof leaf, values: [leaf]};
}

/**
 * Which backends are out because of what they gave: those that most others contradict; without a majority, those that give
 * what is not finite where others are finite, and those that contradict cpu, tfjs's plain implementation.
 *
 * @returns why, by backend; and where it cannot be told who is right, a note
 */
export function contradicted(given: readonly Given[]): {out: Map<string, string>; note: string | null} {
  const out = new Map<string, string>();
  const groups: Given[][] = [];
  for (const one of given) {
    const group = groups.find(([first]) => difference(one, first!) === null);
    if (group) group.push(one);
    else groups.push([one]);
  }
  if (groups.length < 2) return {out, note: null};
  const right =
    groups.find((group) => 2 * group.length > given.length) ??
    finite(groups) ??
    groups.find((group) => group.some(({backend}) => backend === 'cpu'));
  const names = (group: Given[]) => group.map(({backend}) => backend).join(' and ');
  if (!right) {
    const found = difference(groups[1]![0]!, groups[0]![0]!);
    return {out, note: `${names(groups[1]!)} ${found} on ${names(groups[0]!)}; which of them is right is not known`};
  }
  for (const group of groups) {
    if (group === right) continue;
    for (const one of group) {
      out.set(one.backend, `gives another result than ${names(right)}: it ${difference(one, right[0]!)}`);
    }
  }
  return {out, note: null};
}

/** The only group whose numbers are finite wherever those of any other are. */
function finite(groups: Given[][]): Given[] | undefined {
  const counts = groups.map(([first]) =>
    first!.result.reduce(
      (sum, {values}) => sum + Array.from(values).filter((x) => typeof x === 'number' && !Number.isFinite(x)).length,
      0,
    ),
  );
  const least = Math.min(...counts);
  const best = groups.filter((_, i) => counts[i] === least);
  return best.length === 1 && counts.some((count) => count > least) ? best[0] : undefined;
}

/** @returns how the first differs from the second, as the end of a sentence; null if it does not */
export function difference(one: Given, other: Given): string | null {
  if (one.result.length !== other.result.length) {
    return `gives ${one.result.length} tensors or values where there are ${other.result.length}`;
  }
  const tolerance = Math.max(one.tolerance, other.tolerance);
  for (const [i, {kind, values}] of one.result.entries()) {
    const {kind: otherKind, values: others} = other.result[i]!;
    const where = one.result.length > 1 ? ` of result ${i}` : '';
    if (kind !== otherKind) return `gives ${kind} where there is ${otherKind}${where}`;
    const size = Math.max(largest(others), SMALLEST_SIZE);
    for (let j = 0; j < values.length; j++) {
      if (!isClose(values[j], others[j], tolerance * size)) {
        return `gives ${String(values[j])} where there is ${String(others[j])} (element ${j}${where})`;
      }
    }
  }
  return null;
}

function largest(values: ArrayLike<unknown>): number {
  let size = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    if (typeof x === 'number' && Number.isFinite(x) && Math.abs(x) > size) size = Math.abs(x);
  }
  return size;
}

/** Whether two values are the same, or numbers no further apart. */
export function isClose(x: unknown, y: unknown, tolerance: number): boolean {
  return Object.is(x, y) || x === y || (typeof x === 'number' && typeof y === 'number' && Math.abs(x - y) <= tolerance);
}
