import {copyFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {hardwareOf, pretendHardware} from '../../backends/webgpu/hardware';
import type {Hardware} from '../../backends/webgpu/plan';
import {runCase} from '../fuzz/run';
import {type Host, runCall} from './call';
import {placeAtOnce, unpackedChromium} from './chromium';
import {projectRequire, swiftShaderDriver} from './unpacked';

/** The devices' errors, which throw nowhere: they have to be asked for, and fail the test that they are found in. */
const uncaptured: string[] = [];

/** @returns what devices have complained of since the last time, and forgets it */
export function uncapturedErrors(): string[] {
  return uncaptured.splice(0);
}

/**
 * Puts WebGPU where tfjs looks for it: Dawn, from the npm package `webgpu`, on SwiftShader, from the package of Chromium.
 * It must run before tfjs's webgpu backend is imported.
 *
 * @throws where Dawn does not start; a missing GPU fails the run, it never skips a test
 */
async function provideWebGPU(): Promise<void> {
  const module = await dawn();
  Object.assign(globalThis, module.globals);
  // One for all spec files of a process, which share this module though each has its own world.
  module.gpu ??= module.create([]);
  const {gpu} = module;
  if (typeof navigator === 'undefined')
    Object.defineProperty(globalThis, 'navigator', {value: {gpu}, configurable: true});
  else Object.defineProperty(navigator, 'gpu', {value: gpu, configurable: true});
  const adapter = await gpu.requestAdapter();
  if (adapter === null) {
    throw new Error(
      `Dawn finds no adapter. Its Vulkan driver is to be ${swiftShaderDriver()}, by VK_ICD_FILENAMES, which jest.config.ts sets.`,
    );
  }
}

/** tfjs's webgpu backend in this process, as the active one, with errors of its device collected. */
export async function startWebGPU(flags: Record<string, boolean | number> = {}): Promise<WebGPUBackend> {
  await provideWebGPU();
  await import('@tensorflow/tfjs-backend-webgpu');
  for (const [name, value] of Object.entries(flags)) tf.env().set(name, value);
  if (!(await tf.setBackend('webgpu'))) throw new Error("tfjs's webgpu backend does not start");
  const backend = tf.backend() as WebGPUBackend;
  backend.device.onuncapturederror = ({error}) => {
    uncaptured.push(error.message);
  };
  return backend;
}

/** Collects what is dispatched until `stop()`, by the labels of the pipelines: for tfjs's programs the names of their classes. */
export function watchDispatches(): {dispatched: string[]; stop: () => void} {
  const {prototype} = globalThis.GPUComputePassEncoder;
  const {setPipeline, dispatchWorkgroups} = prototype;
  const dispatched: string[] = [];
  let label = '';
  prototype.setPipeline = function (pipeline) {
    label = pipeline.label;
    return setPipeline.call(this, pipeline);
  };
  prototype.dispatchWorkgroups = function (...counts) {
    dispatched.push(label);
    return dispatchWorkgroups.apply(this, counts);
  };
  return {dispatched, stop: () => Object.assign(prototype, {setPipeline, dispatchWorkgroups})};
}

/** Small tensors really reach the shaders. */
export const NEVER_ON_THE_CPU = {WEBGPU_CPU_FORWARD: false};

/** @throws what the device has complained of meanwhile */
function withoutErrors<T>(outcome: T): T {
  const errors = uncapturedErrors();
  if (errors.length > 0) throw new Error(`the GPU's device: ${errors.join('\n')}`);
  return outcome;
}

/**
 * The webgpu backend in this process as a host for calls; what its device complains of fails them.
 * @param hardware what the kernels are to take the adapter for
 */
export async function inDawn(hardware: Partial<Hardware> = {}): Promise<Host> {
  const backend = await startWebGPU(NEVER_ON_THE_CPU);
  pretendHardware(backend, hardware);
  return {
    name: `webgpu in Node ${process.version}, planned for a ${hardwareOf(backend).software ? 'software' : 'hardware'} GPU`,
    run: async (call) => withoutErrors(await runCall(call)),
    runCase: async (fuzzed) => withoutErrors(await runCase(fuzzed)),
  };
}

interface Dawn {
  create(options: string[]): GPU;
  globals: Record<string, unknown>;
  gpu?: GPU;
}

/** Dawn looks for the loader of Vulkan beside itself, so a copy of it is put beside the one that comes with Chromium. */
async function dawn(): Promise<Dawn> {
  const require = projectRequire();
  const entry = require.resolve('webgpu');
  const {version} = require(join(entry, '../package.json')) as {version: string};
  const machine = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;
  const chromium = await unpackedChromium();
  const folder = await placeAtOnce(join(tmpdir(), `tfjs-softmax-dawn-${version}`), (staging) => {
    copyFileSync(join(entry, '../dist', machine, 'dawn.node'), join(staging, 'dawn.node'));
    copyFileSync(join(chromium, 'libvulkan.so.1'), join(staging, 'libvulkan.so.1'));
  });
  return require(join(folder, 'dawn.node')) as Dawn;
}
