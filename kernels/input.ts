import {cast, engine, minimum, Tensor, type TensorLike, tensor, util} from '@tensorflow/tfjs-core';
import {checkElements, show} from './check';
import {elementwise, HIGHEST_RANK} from './elementwise';
import {floats} from './floats';

/** A number, or numbers in nested or typed arrays. */
export type Numbers = TensorLike | Float64Array;

/** What every op takes: a tensor of any rank, or numbers as plain or typed arrays. */
export type Input = Tensor | Numbers;

const ALLOWED = 'Allowed are tensors, numbers, and nested or typed arrays of numbers with rows of one length.';

/**
 * The input as a float32 tensor; int32 and bool are converted. Any byte of a bool tensor but 0 is true, which is 1.
 * @throws for what has no logits: string and complex64, a disposed tensor, ragged arrays, nothing at all
 */
export function toFloat32(op: string, name: string, value: Input): Tensor {
  const t = value instanceof Tensor ? value : toTensor(op, name, value);
  checkTensor(op, name, t);
  if (t.dtype === 'float32') return floats(t);
  if (t.dtype === 'int32') return floats(cast(t, 'float32'));
  // tfjs lets a bool tensor hold any bytes, and its cast keeps them on some backends.
  if (t.dtype === 'bool') return floats(elementwise([cast(t, 'float32')], (flat) => minimum(flat, 1)));
  throw new Error(`${op}: ${name} has dtype ${t.dtype}. Allowed are float32, int32 and bool.`);
}

/**
 * @throws for a tensor that was disposed, that another engine of tfjs holds, whose numbers cannot be had here, or that has
 *   more elements than kernels count
 */
export function checkTensor(op: string, name: string, t: Tensor): void {
  if (t.isDisposed) {
    throw new Error(
      `${op}: ${name} is a tensor that was disposed. Use it before dispose(), or tf.keep it in its tf.tidy.`,
    );
  }
  checkElements(op, name, t.shape);
  if (engine().state.tensorInfo.has(t.dataId)) return;
  throw new Error(
    `${op}: ${name} is a tensor of another tfjs engine, such as an iframe's. Pass its numbers instead: ` +
      'await tensor.data().',
  );
}

/**
 * Numbers as a float32 tensor. Not left to tfjs, which makes something of ragged arrays too, and nothing of a
 * Float64Array.
 * @throws if the rows differ in length or depth, or hold what is no number
 */
function toTensor(op: string, name: string, value: unknown): Tensor {
  const {shape, values} = toValues(op, name, value, Float32Array);
  return tensor(values, shape, 'float32');
}

/** Numbers, a regular array of them or a typed array, as the shape and values of a tensor. */
export function toValues<T extends Float32Array | Float64Array>(
  op: string,
  name: string,
  value: unknown,
  type: new (size: number) => T,
): {shape: number[]; values: T} {
  const shape = shapeOf(value);
  const wrong = whatIsWrong(value, shape);
  if (wrong) throw new Error(`${op}: ${name} ${wrong}. ${ALLOWED}`);
  checkElements(op, name, shape);
  const values = new type(util.sizeFromShape(shape));
  flatten(value, shape.length, values, 0);
  return {shape, values};
}

/** Writes the numbers in a regular array of that rank from `at` on; returns where it ended. */
function flatten(value: unknown, rank: number, into: Float32Array | Float64Array, at: number): number {
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
  return ArrayBuffer.isView(value) && 'length' in value && !isOfBigInts(value);
}

function isOfBigInts(value: unknown): boolean {
  return /^\[object Big/.test(Object.prototype.toString.call(value));
}

/** Whether the buffer of a typed array was transferred to another thread, or shrank: then its length is 0. */
function hasLostItsBuffer(value: Nested): boolean {
  if (value.length > 0 || !ArrayBuffer.isView(value)) return false;
  try {
    (value as unknown as Float64Array).values(); // throws for such an array only
    return false;
  } catch {
    return true;
  }
}

/** The lengths of the first elements, level by level; of one level more than is allowed: an array may hold itself. */
function shapeOf(value: unknown, levels = HIGHEST_RANK + 1): number[] {
  return isArray(value) && levels > 0 ? [value.length, ...shapeOf(value[0], levels - 1)] : [];
}

function whatIsWrong(value: unknown, shape: number[]): string | null {
  if (shape.length > HIGHEST_RANK) return `has more than ${HIGHEST_RANK} levels of arrays`;
  const [length, ...rest] = shape;
  if (length === undefined) {
    if (typeof value === 'number' || typeof value === 'boolean') return null;
    return isArray(value) ? 'has rows of different depths' : `is or holds ${show(value)}`;
  }
  if (!isArray(value)) return 'has rows of different depths';
  if (hasLostItsBuffer(value)) return 'is or holds a typed array whose buffer was transferred';
  if (value.length !== length) return `has rows of different lengths, ${length} and ${value.length}`;
  if (isTyped(value)) return null;
  if (length === 0 && isOfBigInts(value)) return 'is or holds an array of bigints';
  for (let i = 0; i < length; i++) {
    const wrong = whatIsWrong(value[i], rest);
    if (wrong) return wrong;
  }
  return null;
}
