import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {type LaunchInput, launch} from '../../tfjs/webgpu_launch';
import type {Rows} from '../engines/types';
import {checkNotLost} from '../lost';
import {hardwareOf} from './hardware';
import {lostDevice} from './lost_device';
import {layOut, type Plan, planFor} from './plan';
import type {RowOp} from './row_op';
import {inputsOf, rowProgram, type Stage} from './row_program';

/**
 * Runs an op on rows: one dispatch, or where rows are split two.
 *
 * @param opFor the op for vectors of that length
 * @param tensors of its inputs, in their order
 */
export function runRows(
  opFor: (vector: 1 | 4) => RowOp,
  tensors: TensorInfo[],
  rows: Rows,
  outputShape: number[],
  backend: WebGPUBackend,
): TensorInfo {
  checkNotLost('webgpu', lostDevice(backend));
  const hardware = hardwareOf(backend);
  for (const {shape} of [...tensors, {shape: outputShape}]) checkSize(shape, hardware.bytes);
  const plan = planFor(rows, hardware);
  const op = opFor(plan.vector);
  const made = [backend.makeTensorInfo(outputShape, 'float32')];
  const output = made[0]!;
  try {
    if (plan.parts === 1) {
      run(op, plan, 'whole', tensors, rows, output, backend);
      return output;
    }
    // tfjs keeps buffers by their size and never lets go of one, so that it gets few sizes.
    const numbers = rows.outer * rows.inner * plan.parts * op.numbersOfPart;
    const partials = backend.makeTensorInfo([2 ** Math.ceil(Math.log2(numbers))], 'int32');
    made.push(partials);
    run(op, plan, 'part', tensors, rows, partials, backend);
    const merge = !op.reduces ? plan : {...plan, grid: layOut(rows, {...plan, split: false}, hardware).grid};
    run(op, merge, 'merge', [...tensors, partials], rows, output, backend);
    backend.disposeData(partials.dataId);
    return output;
  } catch (error) {
    for (const {dataId} of made) backend.disposeData(dataId);
    throw error;
  }
}

function run(
  op: RowOp,
  plan: Plan,
  stage: Stage,
  tensors: TensorInfo[],
  {outer, n, inner}: Rows,
  output: TensorInfo,
  backend: WebGPUBackend,
): void {
  const {vector, rows, threads, grid} = plan;
  const {key, source, uniforms} = rowProgram(op, plan, stage, outer * inner, n / vector, inner);
  const inputs = inputsOf(op, stage).map(
    ({name, vectors}, i): LaunchInput => ({name, tensor: tensors[i]!, vectors: vectors && vector === 4}),
  );
  const vectors = stage !== 'part' && !op.reduces && vector === 4;
  launch(backend, {key, source, threads: rows * threads, grid, inputs, uniforms, vectors}, output);
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
