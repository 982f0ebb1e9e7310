import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {launch, type Program} from '../../tfjs/webgpu_launch';
import type {Rows} from '../engines/types';
import {checkNotLost} from '../lost';
import {hardwareOf} from './hardware';
import {lostDevice} from './lost_device';
import {type Hardware, layOut, planFor} from './plan';
import type {RowOp} from './row_op';
import {numbersOfPart, rowProgram} from './row_program';

/** What computes an op on rows of these lengths. */
interface Prepared {
  rows: Rows;
  /** Where rows are split: what reduces each part to numbers, and how many numbers that are. */
  parts: Program | null;
  numbers: number;
  /** The op on whole rows; or what merges the parts. */
  whole: Program;
}

/**
 * What was prepared. A model asks for the same again and again, and to prepare takes as long as to launch: V8 optimizes what runs once
 * a step only after thousands of steps.
 */
interface Known {
  /** By names and rows. */
  all: Map<string, Prepared>;
  /** By names alone, what ran last: inside a model a key of names and rows takes microseconds to make. */
  latest: Map<string, Prepared>;
}

const prepared = new WeakMap<Hardware, Known>();
/** When there are so many, all are let go. */
const MOST = 2048;

/**
 * Runs an op on rows: one dispatch, or where rows are split two.
 *
 * @param name tells the op, and the numbers that are part of it, from all others; also the sizes of inputs that rows do not tell
 * @param opFor the op, asked for when it has to be prepared
 * @param tensors of its inputs, in their order
 */
export function runRows(
  name: string,
  opFor: () => RowOp,
  tensors: TensorInfo[],
  rows: Rows,
  outputShape: number[],
  backend: WebGPUBackend,
): TensorInfo {
  checkNotLost('webgpu', lostDevice(backend));
  const hardware = hardwareOf(backend);
  const known = knownOn(hardware);
  let ready = known.latest.get(name);
  if (!ready || !isSame(ready.rows, rows)) {
    const key = `${name},${rows.outer},${rows.n},${rows.inner}`;
    ready = known.all.get(key);
    if (!ready) {
      for (const {shape} of [...tensors, {shape: outputShape}]) checkSize(shape, hardware.bytes);
      ready = prepare(opFor(), rows, hardware);
      if (known.all.size >= MOST) for (const map of [known.all, known.latest]) map.clear();
      known.all.set(key, ready);
    }
    known.latest.set(name, ready);
  }
  const {parts, numbers, whole} = ready;
  const made = [backend.makeTensorInfo(outputShape, 'float32')];
  const output = made[0]!;
  try {
    if (!parts) {
      launch(backend, whole, tensors, output);
      return output;
    }
    const partials = backend.makeTensorInfo([numbers], 'int32');
    made.push(partials);
    launch(backend, parts, tensors, partials);
    launch(backend, whole, [...tensors, partials], output);
    backend.disposeData(partials.dataId);
    return output;
  } catch (error) {
    for (const {dataId} of made) backend.disposeData(dataId);
    throw error;
  }
}

function knownOn(hardware: Hardware): Known {
  let known = prepared.get(hardware);
  if (!known) {
    known = {all: new Map(), latest: new Map()};
    prepared.set(hardware, known);
  }
  return known;
}

function isSame(a: Rows, b: Rows): boolean {
  return a.outer === b.outer && a.n === b.n && a.inner === b.inner;
}

function prepare(op: RowOp, rows: Rows, hardware: Hardware): Prepared {
  const plan = planFor(rows, hardware);
  if (plan.parts === 1) return {rows, parts: null, numbers: 0, whole: rowProgram(op, plan, 'whole', rows)};
  const merge = op.reduces ? {...plan, grid: layOut(rows, {...plan, split: false}, hardware).grid} : plan;
  const numbers = rows.outer * rows.inner * plan.parts * numbersOfPart(op.code(plan.vector));
  return {
    rows,
    parts: rowProgram(op, plan, 'part', rows),
    // tfjs keeps buffers by their size and never lets go of one, so that it gets few sizes.
    numbers: 2 ** Math.ceil(Math.log2(numbers)),
    whole: rowProgram(op, merge, 'merge', rows),
  };
}

/** @throws before anything is queued, since the device would only complain and leave garbage */
function checkSize(shape: number[], most: number): void {
  const bytes = 4 * util.sizeFromShape(shape);
  if (bytes <= most) return;
  throw new Error(
    `tfjs-softmax: a tensor of shape [${shape}] takes ${bytes} bytes, but this webgpu device binds at most ${most}. ` +
      'Split the tensor along another axis than that of the softmax, or use another backend.',
  );
}
