/** Several axes as one, for ops whose rows lie along all of them: one joint distribution. */
import {cast, notEqual, reshape, scalar, type Tensor, util, zeros} from '@tensorflow/tfjs-core';
import {show} from './check';
import {HIGHEST_RANK, repeated} from './elementwise';
import {floats} from './floats';
import {reshaped, transposed} from './primitives';
import {resolveAxis} from './rows';

/** One axis, or several in any order. */
export type Axis = number | readonly number[];

export const ALLOWED_AXES = 'an integer or a list of integers';

/** Whether it is several axes; a list of one is one. */
function isList(axis: Axis): axis is readonly number[] {
  return Array.isArray(axis);
}

/**
 * Axes as indices from the front, in order.
 * @throws if there are none, one is named twice, is not an integer, or not an axis of a tensor of that shape
 */
function resolveAxes(op: string, axes: readonly number[], shape: number[]): number[] {
  if (axes.length === 0) {
    const all = shape.length === 0 ? [0] : Array.from(shape.keys());
    throw new Error(`${op}: axis is an empty list. It must name at least one axis; all of them are [${all}].`);
  }
  const resolved = Array.from(axes, (axis) => resolveAxis(op, axis, shape, ALLOWED_AXES));
  const twice = resolved.find((axis, i) => resolved.indexOf(axis) !== i);
  if (twice === undefined) return resolved.sort((a, b) => a - b);
  throw new Error(`${op}: axis [${Array.from(axes, show)}] names axis ${twice} twice. Each axis must be named once.`);
}

/** Whether tensors of that rank are seen otherwise: with several axes as one, or with fewer, where tfjs's kernels take no more. */
export function isSeenOtherwise(axis: Axis, rank: number): boolean {
  return isList(axis) || rank > HIGHEST_RANK;
}

/** How tensors of a shape are seen with some of their axes as one. */
export class JointAxes {
  /** The place of the one axis. */
  readonly axis: number;
  private readonly axes: number[];
  /** The axes that are seen as one, for each that there is then. */
  private readonly groups: number[][];
  /** The order of the axes that brings the joint ones together; null where they are, and a reshape does. */
  private readonly order: number[] | null;
  /** That of a scalar is [1]. */
  private readonly shape: number[];

  constructor(
    op: string,
    axis: Axis,
    private readonly given: number[],
  ) {
    this.axes = resolveAxes(op, isList(axis) ? axis : [axis], given);
    const shape = given.length === 0 ? [1] : given;
    this.shape = shape;
    const others = Array.from(shape.keys()).filter((axis) => !this.axes.includes(axis));
    const long = this.axes.filter((axis) => shape[axis] !== 1);
    const [first = this.axes[0]!, last = first] = [long[0], long.at(-1)];
    const areTogether = others.every((axis) => axis < first || axis > last || shape[axis] === 1);
    const isAfter = (axis: number) => areTogether && axis > last;
    const asFew = (axes: number[]) => (given.length > HIGHEST_RANK ? [axes] : axes.map((axis) => [axis]));
    const before = asFew(others.filter((axis) => !isAfter(axis)));
    this.groups = [...before, this.axes, ...asFew(others.filter(isAfter))];
    this.axis = before.length;
    this.order = areTogether ? null : this.groups.flat();
  }

  /** The tensor with the axes as one. */
  join(x: Tensor): Tensor {
    return reshaped(this.order ? transposed(x, this.order) : x, this.joined(this.shape));
  }

  /** The same of a mask that broadcasts to the tensor, as one that broadcasts to the joined tensor. */
  joinMask(mask: Tensor): Tensor {
    if (util.sizeFromShape(this.shape) === 0) return zeros(this.joined(this.shape), 'bool');
    const lengths = [...this.shape.slice(mask.rank).fill(1), ...mask.shape];
    const whole = reshape(mask, lengths);
    // A mask that is repeated along all axes of a group stays so.
    for (const group of this.groups) {
      if (group.every((axis) => lengths[axis] === 1)) continue;
      for (const axis of group) lengths[axis] = this.shape[axis]!;
    }
    const aligned = reshape(repeated(whole, lengths), lengths);
    return reshape(this.order ? transposedMask(aligned, this.order) : aligned, this.joined(lengths));
  }

  /** A result with one number for each logit, of the joined tensor: in the shape that there was. */
  part(y: Tensor): Tensor {
    const {order, given} = this;
    if (!order) return reshaped(y, given);
    const lengths = order.map((axis) => given[axis]!);
    const back = order.map((_, axis) => order.indexOf(axis));
    return transposed(reshaped(y, lengths), back);
  }

  /** A result with one number for each row. */
  partRows(y: Tensor, keepDims: boolean): Tensor {
    const lengths = this.given.map((length, axis) => (this.axes.includes(axis) ? 1 : length));
    return reshaped(y, keepDims ? lengths : lengths.filter((_, axis) => !this.axes.includes(axis)));
  }

  private joined(lengths: number[]): number[] {
    return this.groups.map((axes) => util.sizeFromShape(axes.map((axis) => lengths[axis]!)));
  }
}

/** As floats: tfjs's transpose of integers and booleans does not compile on webgpu. */
function transposedMask(mask: Tensor, order: number[]): Tensor {
  return notEqual(transposed(floats(cast(mask, 'float32')), order), scalar(0));
}
