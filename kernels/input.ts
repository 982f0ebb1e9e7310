import {cast, engine, Tensor, type TensorLike, tensor, util} from '@tensorflow/tfjs-core';

/** What every op takes: a tensor of any rank, or numbers as plain or typed arrays. */
export type Input = Tensor | TensorLike | Float64Array;

const ALLOWED =
  'Allowed are tensors, numbers, and nested or typed arrays of numbers in which all rows have one length.';

/**
 * The input as a float32 tensor; int32 and bool are converted.
 * @throws for what has no logits: string and complex64, a disposed tensor, ragged arrays, nothing at all
 */
export function toFloat32(op: string, name: string, value: Input): Tensor {
  const t = value instanceof Tensor ? value : toTensor(op, name, value);
  checkTensor(op, name, t);
  if (t.dtype === 'float32') return t;
  if (t.dtype === 'int32' || t.dtype === 'bool') return cast(t, 'float32');
  throw new Error(`${op}: ${name} has dtype ${t.dtype}. Allowed are float32, and int32 and bool, which are converted.`);
}

/** @throws for a tensor that was disposed, or that another engine of tfjs holds, whose numbers cannot be had here */
export function checkTensor(op: string, name: string, t: Tensor): void {
  if (t.isDisposed) {
    throw new Error(
      `${op}: ${name} is a tensor that was disposed. Use it before dispose(), or tf.keep it in its tf.tidy.`,
    );
  }
  if (engine().state.tensorInfo.has(t.dataId)) return;
  throw new Error(
    `${op}: ${name} is a tensor of another tfjs engine. Copies of tfjs-core in one program share one engine, but other ` +
      'realms, such as frames and contexts of node:vm, have their own. Pass its numbers instead: await tensor.data().',
  );
}

/** @throws if a number option is not a finite number */
export function checkFinite(op: string, name: string, value: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Error(`${op}: ${name} must be a finite number, but got ${String(value)}.`);
  }
  return value;
}

/**
 * Numbers as a float32 tensor. Not left to tfjs, which makes something of ragged arrays too, and nothing of a
 * Float64Array.
 * @throws if the rows differ in length or depth, or hold what is no number
 */
export function toTensor(op: string, name: string, value: unknown): Tensor {
  const shape = shapeOf(value);
  const wrong = whatIsWrong(value, shape);
  if (wrong) throw new Error(`${op}: ${name} ${wrong}. ${ALLOWED}`);
  const flat = new Float32Array(util.sizeFromShape(shape));
  flatten(value, shape.length, flat, 0);
  return tensor(flat, shape, 'float32');
}

/** Writes the numbers in a regular array of that rank from `at` on; returns where it ended. */
function flatten(value: unknown, rank: number, into: Float32Array, at: number): number {
  if (rank === 0) {
    into[at] = Number(value);
    return at + 1;
  }
  if (isTyped(value)) {
    into.set(value, at);
    return at + value.length;
  }
  for (const element of Array.from(value as Nested)) at = flatten(element, rank - 1, into, at);
  return at;
}

type Nested = ArrayLike<unknown>;

function isArray(value: unknown): value is Nested {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}

/** A typed array of numbers, not of bigints. */
function isTyped(value: unknown): value is Float64Array {
  return ArrayBuffer.isView(value) && 'length' in value && typeof (value as Float64Array)[0] !== 'bigint';
}

/** The lengths of the first elements, level by level. */
function shapeOf(value: unknown): number[] {
  return isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

function whatIsWrong(value: unknown, shape: number[]): string | null {
  const [length, ...rest] = shape;
  if (length === undefined) {
    if (typeof value === 'number' || typeof value === 'boolean') return null;
    return isArray(value) ? 'has rows of different depths' : `is or holds ${describe(value)}`;
  }
  if (!isArray(value)) return 'has rows of different depths';
  if (value.length !== length) return `has rows of different lengths, ${length} and ${value.length}`;
  if (isTyped(value)) return null;
  for (let i = 0; i < length; i++) {
    const wrong = whatIsWrong(value[i], rest);
    if (wrong) return wrong;
  }
  return null;
}

function describe(value: unknown): string {
  if (value == null) return String(value);
  return typeof value === 'object' ? `a ${value.constructor?.name ?? 'object'}` : `a ${typeof value}, ${String(value)}`;
}
