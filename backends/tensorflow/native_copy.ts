/**
 * Copies between tensors that TensorFlow holds and a memory of ours, by native ops, part by part. For large tensors:
 * tfjs-node's readSync makes a new array with each call, and until it is collected the next one gets fresh pages from the
 * system, which takes three times as long as the softmax itself.
 *
 * Three things make it possible. TensorFlow takes an aligned array as the memory of a tensor, without a copy. Reshape,
 * Bitcast, SplitV and Unpack give tensors on the memory of their input, where that is aligned. And the old op
 * InplaceUpdate writes into the memory of its first input.
 *
 * InplaceUpdate goes element by element, so floats go in fours, as complex128: that takes half the time. And a long row
 * takes all of TensorFlow's threads, which would hold up those of ours: so a part is four rows.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import {type Attribute, type Binding, makeNativeTensor, makeTensor, type NodeBackend, nativeId} from './node_backend';

/** What the sizes of parts are multiples of, unless there is only one: 64 bytes, or four rows of a complex128. */
export const PART_UNIT = 16;
const ROWS = 4;
const FLOATS = PART_UNIT / ROWS;
/** TensorFlow's number of the type, which tfjs-node's binding does not tell. */
const COMPLEX128 = 18;

/** Copies a part of a tensor to a place in the memory, or from there, according to what it is for. */
export type CopyPart = (part: number, place: Float32Array) => void;

/** The native copies of one call of ours, and the native tensors that they take, which tfjs knows nothing of. */
export class NativeCopies {
  private readonly owned: number[] = [];
  private readonly views = new Map<string, number>();
  private readonly integers = new Map<string, number>();

  constructor(private readonly binding: Binding) {}

  /** From a native float32 tensor of `size` elements, in parts of `partSize`, the last of which may be smaller. */
  from(tensor: number, size: number, partSize: number): CopyPart {
    const parts = this.partsOf(tensor, size, partSize);
    return (part, place) => this.update(this.viewOf(place), parts[part]!, place.length);
  }

  /** To one. */
  to(tensor: number, size: number, partSize: number): CopyPart {
    const parts = this.partsOf(tensor, size, partSize);
    return (part, place) => this.update(parts[part]!, this.viewOf(place), place.length);
  }

  dispose(): void {
    for (const tensor of this.owned) this.binding.deleteTensor(tensor);
    this.owned.length = 0;
    this.views.clear();
    this.integers.clear();
  }

  private partsOf(tensor: number, size: number, partSize: number): number[] {
    if (size <= partSize) return [this.rowsOf(tensor, size)];
    const count = Math.floor(size / partSize);
    const inParts = count * partSize;
    const most = [count, ROWS, partSize / PART_UNIT];
    if (inParts === size) return this.unpack(this.wide(this.reshape(tensor, [...most, FLOATS])), count);
    const {TF_INT32} = this.binding;
    const cells = this.wide(this.reshape(tensor, [size / PART_UNIT, ROWS, FLOATS]));
    const sizes = this.vector([inParts / PART_UNIT, (size - inParts) / PART_UNIT]);
    const axis = this.keep(this.binding.createTensor([], TF_INT32, Int32Array.of(0)));
    const attributes = [this.type('T', COMPLEX128), this.type('Tlen', TF_INT32), this.number('num_split', 2)];
    const [first, last] = this.execute('SplitV', attributes, [cells, sizes, axis], 2);
    const rest = this.reshape(last!, [ROWS, (size - inParts) / PART_UNIT], COMPLEX128);
    return [...this.unpack(this.reshape(first!, most, COMPLEX128), count), rest];
  }

  private unpack(stacked: number, count: number): number[] {
    return this.execute('Unpack', [this.type('T', COMPLEX128), this.number('num', count)], [stacked], count);
  }

  /** A place as a part. */
  private viewOf(place: Float32Array): number {
    const size = place.length;
    const key = `${place.byteOffset} ${size}`;
    let view = this.views.get(key);
    if (view === undefined) {
      const isWide = size % PART_UNIT === 0;
      const shape = isWide ? [ROWS, size / PART_UNIT, FLOATS] : [1, size];
      const tensor = this.keep(this.binding.createTensor(shape, this.binding.TF_FLOAT, place));
      view = isWide ? this.wide(tensor) : tensor;
      this.views.set(key, view);
    }
    return view;
  }

  /** All of a tensor as a part: of floats, in one row, if it is not for four of complex128. */
  private rowsOf(tensor: number, size: number): number {
    if (size % PART_UNIT > 0) return this.reshape(tensor, [1, size]);
    return this.wide(this.reshape(tensor, [ROWS, size / PART_UNIT, FLOATS]));
  }

  private update(target: number, source: number, size: number): void {
    const {binding} = this;
    const isWide = size % PART_UNIT === 0;
    const rows = this.vector(isWide ? [0, 1, 2, 3] : [0]);
    const attributes = [this.type('T', isWide ? COMPLEX128 : binding.TF_FLOAT)];
    const [updated] = binding.executeOp('InplaceUpdate', attributes, [target, rows, source], 1);
    binding.deleteTensor(updated!.id);
  }

  private reshape(tensor: number, shape: number[], dtype = this.binding.TF_FLOAT): number {
    const attributes = [this.type('T', dtype), this.type('Tshape', this.binding.TF_INT32)];
    return this.execute('Reshape', attributes, [tensor, this.vector(shape)], 1)[0]!;
  }

  /** Floats, the last dimension four, as complex128 without that dimension. */
  private wide(tensor: number): number {
    const attributes = [this.type('T', this.binding.TF_FLOAT), this.type('type', COMPLEX128)];
    return this.execute('Bitcast', attributes, [tensor], 1)[0]!;
  }

  /** Shapes, sizes and the numbers of rows, each made once. */
  private vector(values: number[]): number {
    const key = values.join();
    let vector = this.integers.get(key);
    if (vector === undefined) {
      vector = this.keep(this.binding.createTensor([values.length], this.binding.TF_INT32, Int32Array.from(values)));
      this.integers.set(key, vector);
    }
    return vector;
  }

  private execute(op: string, attributes: Attribute[], inputs: number[], outputs: number): number[] {
    return this.binding.executeOp(op, attributes, inputs, outputs).map(({id}) => this.keep(id));
  }

  private keep(tensor: number): number {
    this.owned.push(tensor);
    return tensor;
  }

  private type(name: string, value: number): Attribute {
    return {name, type: this.binding.TF_ATTR_TYPE, value};
  }

  private number(name: string, value: number): Attribute {
    return {name, type: this.binding.TF_ATTR_INT, value};
  }
}

/**
 * A new tensor that TensorFlow holds, with a copy of a whole place in the memory. It takes half the time of making the
 * tensor and copying into it.
 */
export function nativeCopyOf(place: Float32Array, shape: number[], backend: NodeBackend): Tensor {
  const {TF_ATTR_TYPE, TF_FLOAT} = backend.binding;
  const view = makeTensor(place, shape, backend);
  try {
    return backend.executeSingleOutput('DeepCopy', [{name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT}], [view]);
  } finally {
    backend.disposeData(view.dataId);
  }
}

/**
 * Whether all that works on this backend, tried in `scratch`, aligned to 64 bytes. With tensors on another device, or
 * with a TensorFlow that copies where this one does not, nothing would arrive.
 */
export function canCopyNatively(scratch: Float32Array, backend: NodeBackend): boolean {
  const copies = new NativeCopies(backend.binding);
  const tensors: Tensor[] = [];
  const own = (tensor: Tensor) => {
    tensors.push(tensor);
    return nativeId(tensor, backend)!;
  };
  const arrives = (copy: CopyPart, part: number, size: number, value: number) => {
    const place = scratch.subarray(0, size).fill(0);
    copy(part, place);
    return place.every((each) => each === value);
  };
  try {
    // In two parts and a smaller one; and as a whole, of a size that is not for complex128.
    const sizes = [2 * PART_UNIT, 2 * PART_UNIT, PART_UNIT];
    const divided = own(makeNativeTensor([5 * PART_UNIT], backend));
    const to = copies.to(divided, 5 * PART_UNIT, 2 * PART_UNIT);
    sizes.forEach((size, part) => {
      to(part, scratch.subarray(0, size).fill(part + 1));
    });
    const from = copies.from(divided, 5 * PART_UNIT, 2 * PART_UNIT);
    const whole = own(nativeCopyOf(scratch.subarray(0, 3).fill(4), [3], backend));
    const fromWhole = copies.from(whole, 3, 3);
    return sizes.every((size, part) => arrives(from, part, size, part + 1)) && arrives(fromWhole, 0, 3, 4);
  } catch {
    return false;
  } finally {
    copies.dispose();
    for (const tensor of tensors) tensor.dispose();
  }
}
