/**
 * Copies between tensors that TensorFlow holds and a memory of ours, by native ops, part by part. For the largest tensors:
 * tfjs-node's readSync makes an array of all of one, which would not stay in the processor's cache, nor always in memory
 * that the system has cleared before.
 *
 * Three things make it possible. TensorFlow takes an aligned array as the memory of a tensor, without a copy. Reshape,
 * Bitcast, Slice, SplitV and Unpack give tensors on the memory of their input, where that is aligned. And the old op
 * InplaceUpdate writes into the memory of its first input.
 *
 * InplaceUpdate goes element by element, so floats go in fours, as complex128: that takes half the time. And a long row
 * takes all of TensorFlow's threads, which would hold up those of ours: so a part is four rows.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import {type Attribute, type Binding, makeNativeTensor, type NodeBackend, nativeId} from './node_backend';

/** What parts begin at multiples of: 64 bytes, or four rows of a complex128. */
export const PART_UNIT = 16;
const ROWS = 4;
const ALL_ROWS = range(0, ROWS);
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

  /** From a native float32 tensor, whose parts begin at multiples of the unit, and end where the next begins. */
  from(tensor: number, bounds: number[]): CopyPart {
    const parts = this.partsOf(tensor, bounds);
    return (part, place) => {
      const [units, rest] = divided(place);
      if (units.length > 0) this.update(this.viewOf(units), ALL_ROWS, parts[part]!, COMPLEX128);
      if (rest.length > 0) this.update(this.columnOf(rest), range(0, rest.length), this.restOf(tensor, bounds));
    };
  }

  /** To one. */
  to(tensor: number, bounds: number[]): CopyPart {
    const parts = this.partsOf(tensor, bounds);
    return (part, place) => {
      const [units, rest] = divided(place);
      if (units.length > 0) this.update(parts[part]!, ALL_ROWS, this.viewOf(units), COMPLEX128);
      if (rest.length > 0) {
        const size = bounds.at(-1)!;
        this.update(this.reshape(tensor, [size, 1]), range(size - rest.length, size), this.columnOf(rest));
      }
    };
  }

  dispose(): void {
    for (const tensor of this.owned) this.binding.deleteTensor(tensor);
    this.owned.length = 0;
    this.views.clear();
    this.integers.clear();
  }

  /** The parts of a tensor, without what is left over at its end beyond whole units. */
  private partsOf(tensor: number, bounds: number[]): number[] {
    const size = bounds.at(-1)!;
    const units = Math.floor(size / PART_UNIT);
    if (units === 0) return [];
    const whole = units * PART_UNIT;
    const all = whole === size ? tensor : this.slice(this.reshape(tensor, [size]), [0], [whole]);
    const sizes = bounds.slice(1).map((bound, i) => Math.floor(bound / PART_UNIT) - bounds[i]! / PART_UNIT);
    const [first] = sizes as [number];
    const last = sizes.at(-1)!;
    const shapeOf = (unitsOfPart: number) => [ROWS, unitsOfPart];
    if (sizes.length === 1) return [this.wide(this.reshape(all, [...shapeOf(units), FLOATS]))];
    if (sizes.every((each) => each === first)) {
      return this.unpack(this.wide(this.reshape(all, [sizes.length, ...shapeOf(first), FLOATS])), sizes.length);
    }
    const cells = this.wide(this.reshape(all, [units, ROWS, FLOATS]));
    const equal = sizes.length - 1;
    if (sizes.slice(0, -1).every((each) => each === first)) {
      const [others, end] = this.split(cells, [units - last, last]) as [number, number];
      const parts = this.unpack(this.reshape(others, [equal, ...shapeOf(first)], COMPLEX128), equal);
      return [...parts, this.reshape(end, shapeOf(last), COMPLEX128)];
    }
    return this.split(cells, sizes).map((part, i) => this.reshape(part, shapeOf(sizes[i]!), COMPLEX128));
  }

  private split(tensor: number, sizes: number[]): number[] {
    const {TF_INT32} = this.binding;
    const axis = this.keep(this.binding.createTensor([], TF_INT32, Int32Array.of(0)));
    const attributes = [
      this.type('T', COMPLEX128),
      this.type('Tlen', TF_INT32),
      this.number('num_split', sizes.length),
    ];
    return this.execute('SplitV', attributes, [tensor, this.vector(sizes), axis], sizes.length);
  }

  private unpack(stacked: number, count: number): number[] {
    return this.execute('Unpack', [this.type('T', COMPLEX128), this.number('num', count)], [stacked], count);
  }

  private slice(tensor: number, begin: number[], size: number[]): number {
    const attributes = [this.type('T', this.binding.TF_FLOAT), this.type('Index', this.binding.TF_INT32)];
    return this.execute('Slice', attributes, [tensor, this.vector(begin), this.vector(size)], 1)[0]!;
  }

  /** What a tensor has beyond whole units, as a column. */
  private restOf(tensor: number, bounds: number[]): number {
    const size = bounds.at(-1)!;
    const rest = size % PART_UNIT;
    return this.slice(this.reshape(tensor, [size, 1]), [size - rest, 0], [rest, 1]);
  }

  /** A place of whole units as a part. */
  private viewOf(place: Float32Array): number {
    const key = `${place.byteOffset} ${place.length}`;
    let view = this.views.get(key);
    if (view === undefined) {
      const shape = [ROWS, place.length / PART_UNIT, FLOATS];
      view = this.wide(this.keep(this.binding.createTensor(shape, this.binding.TF_FLOAT, place)));
      this.views.set(key, view);
    }
    return view;
  }

  private columnOf(place: Float32Array): number {
    return this.keep(this.binding.createTensor([place.length, 1], this.binding.TF_FLOAT, place));
  }

  private update(target: number, rows: number[], source: number, dtype = this.binding.TF_FLOAT): void {
    const {binding} = this;
    const [updated] = binding.executeOp(
      'InplaceUpdate',
      [this.type('T', dtype)],
      [target, this.vector(rows), source],
      1,
    );
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

/** A place in whole units, and what is left over. */
function divided(place: Float32Array): [Float32Array, Float32Array] {
  const whole = place.length - (place.length % PART_UNIT);
  return [place.subarray(0, whole), place.subarray(whole)];
}

function range(from: number, to: number): number[] {
  return Array.from({length: to - from}, (_, i) => from + i);
}

/** Parts of one size; the last smaller, with a rest; all of unlike sizes: for each, other ops give the parts. */
const LAYOUTS = [
  [0, PART_UNIT, 2 * PART_UNIT],
  [0, 2 * PART_UNIT, 4 * PART_UNIT, 5 * PART_UNIT + 3],
  [0, 2 * PART_UNIT, 3 * PART_UNIT, 5 * PART_UNIT],
];

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
    return LAYOUTS.every((bounds) => {
      const tensor = own(makeNativeTensor([bounds.at(-1)!], backend));
      const sizes = bounds.slice(1).map((bound, part) => bound - bounds[part]!);
      const to = copies.to(tensor, bounds);
      sizes.forEach((size, part) => {
        to(part, scratch.subarray(0, size).fill(part + 1));
      });
      const from = copies.from(tensor, bounds);
      return sizes.every((size, part) => arrives(from, part, size, part + 1));
    });
  } catch {
    return false;
  } finally {
    copies.dispose();
    for (const tensor of tensors) tensor.dispose();
  }
}
