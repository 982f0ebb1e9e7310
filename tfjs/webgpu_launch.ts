/**
 * How a program of ours gets onto tfjs's webgpu backend.
 *
 * The first time tfjs launches it, by `runWebGPUProgram`, which compiles it and keeps the pipeline. After that it is
 * recorded here into tfjs's own pass, as `recordAndSubmit` does, but with uniforms and bind groups that are kept: for tfjs
 * makes both anew at each launch, and they are most of what a launch costs.
 *
 * That relies on these insides of WebGPUBackend, none of which its types declare for others: `tensorMap` and the buffer
 * of a tensor in it, `uploadToGPU`, the encoder and the pass that commands wait in and how many there are
 * (`ensureCommandEncoderReady`, `commandEncoder`, `computePassEncoder`, `dispatchCountInPass`, `endComputePassEncoder`,
 * `submitQueue`), which tensors they need (`commandQueueOwnedIds`), `bufferManager`, what is given back to it after
 * the next submit (`uniformPendingDisposal`), and `activeTimers`; and on how a program's uniforms lie. Where one of them
 * is missing, or something is timed, or tfjs is to compile only, every launch is by `runWebGPUProgram`.
 */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {type DataType, env, type TensorInfo, util} from '@tensorflow/tfjs-core';

/**
 * All of a dispatch but its tensors, whose sizes are the same each time. What was kept is found by this object: launch it again, not
 * another that is equal.
 */
export interface Program {
  /** Names the code: what has one name, and inputs of the same types, has the same code. */
  key: string;
  /** WGSL for tfjs: functions, and `main(index: i32)`. Called when it has to be compiled. */
  source: () => string;
  threads: number;
  grid: [number, number];
  inputs: ProgramInput[];
  uniforms: [name: string, type: 'u32' | 'f32', value: number][];
  /** Whether the shader's `result` is an array of vectors. It is of integers, whatever the tensor has. */
  vectors: boolean;
}

export interface ProgramInput {
  name: string;
  vectors: boolean;
}

interface TensorData {
  dtype: DataType;
  resource?: GPUBuffer;
  external?: boolean;
}

interface Insides {
  device: GPUDevice;
  tensorMap: {get(dataId: object): TensorData};
  uploadToGPU(dataId: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  commandEncoder: GPUCommandEncoder;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  commandQueueOwnedIds: WeakSet<object>;
  bufferManager: {acquireBuffer(size: number, usage: number): GPUBuffer};
  uniformPendingDisposal: GPUBuffer[];
  activeTimers?: unknown;
}

interface Kept {
  pipelines: Map<string, GPUComputePipeline>;
  uniforms: Map<string, GPUBuffer>;
  programs: WeakMap<Program, KeptProgram>;
  /** How many bind groups were made since all were let go. */
  bindGroups: number;
}

interface KeptProgram {
  pipeline: GPUComputePipeline;
  /** Of the inputs. */
  types: string;
  uniforms: GPUBuffer;
  bindGroups: BindGroups;
}

/** By the buffer of the result, then by that of each input: an entry goes with its buffer. */
type BindGroups = WeakMap<GPUBuffer, BindGroups | GPUBindGroup>;

/** Bind groups and uniforms that are kept; when there are so many, all are let go, since most are of another time. */
const MOST = 2048;

const keptOf = new WeakMap<WebGPUBackend, Kept | null>();

/** Runs a program on tensors; `output` was made for its result. */
export function launch(backend: WebGPUBackend, program: Program, tensors: TensorInfo[], output: TensorInfo): void {
  const kept = keptBy(backend);
  if (kept === null || isSpecial(backend)) {
    launchByTfjs(backend, program, tensors, output);
    return;
  }
  const insides = backend as unknown as Insides;
  const inputs = tensors.map(({dataId}) => insides.tensorMap.get(dataId));
  let types = '';
  for (const {dtype} of inputs) types += dtype[0];
  let known = kept.programs.get(program);
  if (known?.types !== types) {
    const key = program.key + types;
    const pipeline = kept.pipelines.get(key);
    if (!pipeline) {
      kept.pipelines.set(key, launchByTfjs(backend, program, tensors, output));
      return;
    }
    if (kept.uniforms.size >= MOST) letGo(insides, kept);
    const uniforms = uniformBufferOf(insides, kept, program, [...tensors, output]);
    known = {pipeline, types, uniforms, bindGroups: new WeakMap()};
    kept.programs.set(program, known);
  }
  launchKept(insides, kept, known, program.grid, tensors, inputs, output);
}

/** Launches with nothing kept, as where tfjs's insides are others: for tests and measurements. Undone by `true`. */
export function keepLaunches(backend: WebGPUBackend, keep: boolean): void {
  if (keep) keptOf.delete(backend);
  else keptOf.set(backend, null);
}

/** How much is kept for a backend: for tests. */
export function keptCounts(backend: WebGPUBackend): {pipelines: number; bindGroups: number; uniforms: number} | null {
  const kept = keptBy(backend);
  return kept && {pipelines: kept.pipelines.size, bindGroups: kept.bindGroups, uniforms: kept.uniforms.size};
}

function keptBy(backend: WebGPUBackend): Kept | null {
  let kept = keptOf.get(backend);
  if (kept === undefined) {
    kept = hasInsides(backend)
      ? {pipelines: new Map(), uniforms: new Map(), programs: new WeakMap(), bindGroups: 0}
      : null;
    keptOf.set(backend, kept);
  }
  return kept;
}

function hasInsides(backend: WebGPUBackend): boolean {
  const insides = backend as unknown as Partial<Insides>;
  const functions = [
    insides.uploadToGPU,
    insides.ensureCommandEncoderReady,
    insides.endComputePassEncoder,
    insides.submitQueue,
    insides.tensorMap?.get,
    insides.bufferManager?.acquireBuffer,
  ];
  return (
    functions.every((f) => typeof f === 'function') &&
    insides.commandQueueOwnedIds instanceof WeakSet &&
    Array.isArray(insides.uniformPendingDisposal) &&
    typeof insides.dispatchCountInPass === 'number' &&
    insides.computePassEncoder !== undefined &&
    insides.commandEncoder !== undefined
  );
}

/** Whether something is timed, which tfjs does by a pass of its own for each launch, or only compiled. */
function isSpecial(backend: WebGPUBackend): boolean {
  return (backend as unknown as Insides).activeTimers != null || env().getBool('WEBGPU_ENGINE_COMPILE_ONLY');
}

function launchByTfjs(
  backend: WebGPUBackend,
  program: Program,
  tensors: TensorInfo[],
  output: TensorInfo,
): GPUComputePipeline {
  const {key, source, threads, grid, inputs, uniforms, vectors} = program;
  const flat = ({dataId, shape, dtype}: TensorInfo) => ({dataId, shape: [util.sizeFromShape(shape)], dtype});
  const tfjsProgram = {
    outputShape: [util.sizeFromShape(output.shape)],
    shaderKey: `tfjs-softmax_${key}`,
    dispatch: [...grid, 1] as [number, number, number],
    dispatchLayout: {x: [0]},
    workgroupSize: [threads, 1, 1] as [number, number, number],
    variableNames: inputs.map(({name}) => name),
    variableComponents: inputs.map((input) => (input.vectors ? 4 : 1)),
    outputComponent: vectors ? 4 : 1,
    uniforms: uniforms.map(([name, type]) => `${name} : ${type},`).join(' '),
    getUserCode: source,
    // tfjs labels pipelines, and what it has timed, by the name of a program's class.
    constructor: {name: key},
  };
  const data = uniforms.map(([, type, value]) => ({type: type === 'u32' ? 'uint32' : 'float32', data: [value]}));
  backend.runWebGPUProgram(tfjsProgram, tensors.map(flat), 'int32', data, {...flat(output), dtype: 'int32'});
  return (tfjsProgram as unknown as {pipeline: GPUComputePipeline}).pipeline;
}

function launchKept(
  backend: Insides,
  kept: Kept,
  known: KeptProgram,
  [x, y]: Program['grid'],
  tensors: TensorInfo[],
  inputs: TensorData[],
  output: TensorInfo,
): void {
  backend.uploadToGPU(output.dataId);
  for (const [i, {dataId}] of tensors.entries()) {
    if (!inputs[i]!.resource) backend.uploadToGPU(dataId);
    backend.commandQueueOwnedIds.add(dataId);
  }
  backend.commandQueueOwnedIds.add(output.dataId);
  const bindGroup = bindGroupOf(backend, kept, known, inputs, backend.tensorMap.get(output.dataId));
  backend.ensureCommandEncoderReady();
  backend.computePassEncoder ??= backend.commandEncoder.beginComputePass();
  backend.computePassEncoder.setPipeline(known.pipeline);
  backend.computePassEncoder.setBindGroup(0, bindGroup);
  backend.computePassEncoder.dispatchWorkgroups(x, y, 1);
  backend.dispatchCountInPass++;
  if (env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE') <= backend.dispatchCountInPass) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
}

function bindGroupOf(
  backend: Insides,
  kept: Kept,
  known: KeptProgram,
  inputs: TensorData[],
  output: TensorData,
): GPUBindGroup {
  let {resource, external = false} = output;
  const buffers = [resource!];
  let groups = known.bindGroups;
  for (const data of inputs) {
    let inner = groups.get(resource!) as BindGroups | undefined;
    if (!inner) {
      inner = new WeakMap();
      groups.set(resource!, inner);
    }
    groups = inner;
    resource = data.resource;
    buffers.push(resource!);
    // A buffer that tfjs does not own is one that somebody may want to go.
    external ||= data.external === true;
  }
  const found = groups.get(resource!) as GPUBindGroup | undefined;
  if (found) return found;
  const entries = [...buffers, known.uniforms].map((buffer, binding) => ({binding, resource: {buffer}}));
  const made = backend.device.createBindGroup({layout: known.pipeline.getBindGroupLayout(0), entries});
  if (external) return made;
  groups.set(resource!, made);
  if (++kept.bindGroups >= MOST) letGo(backend, kept);
  return made;
}

/**
 * A program's uniforms as they lie in memory: tfjs begins with a NaN and an Infinity, and for each input and then the
 * output its length and, where strides would be, a 1. All are single numbers, side by side.
 *
 * @param tensors the inputs, then the output
 */
function uniformBufferOf(backend: Insides, kept: Kept, {uniforms}: Program, tensors: TensorInfo[]): GPUBuffer {
  const words = new Uint32Array(2 + 2 * tensors.length + uniforms.length);
  const floats = new Float32Array(words.buffer);
  floats.set([Number.NaN, Number.POSITIVE_INFINITY]);
  let at = 2;
  for (const {shape} of tensors) {
    words[at++] = util.sizeFromShape(shape);
    words[at++] = 1;
  }
  for (const [, type, value] of uniforms) (type === 'u32' ? words : floats)[at++] = value;
  const key = words.join();
  let buffer = kept.uniforms.get(key);
  if (!buffer) {
    buffer = backend.bufferManager.acquireBuffer(words.byteLength, GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM);
    backend.device.queue.writeBuffer(buffer, 0, words.buffer, 0, words.byteLength);
    kept.uniforms.set(key, buffer);
  }
  return buffer;
}

/** Forgets bind groups, and hands the buffers of uniforms back to tfjs, which uses them again after the next submit. */
function letGo(backend: Insides, kept: Kept): void {
  backend.uniformPendingDisposal.push(...kept.uniforms.values());
  kept.uniforms.clear();
  kept.programs = new WeakMap();
  kept.bindGroups = 0;
}
