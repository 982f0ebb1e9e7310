import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {engine} from '@tensorflow/tfjs-core';
import {hardwareOf} from '../webgpu/hardware';
import {hasWebGPU, machine} from './machine';
import {lastFailure} from './start';

/** @returns why a backend cannot run here, as far as one knows without starting it; null if nothing speaks against it */
export function obstacle(backend: string): string | null {
  const failure = lastFailure(backend);
  if (failure !== null) return failure;
  const {wasm, gpu} = machine();
  if (backend === 'wasm' && wasm === null) return 'there is no WebAssembly here';
  if (backend === 'webgl' && gpu === null) return 'no WebGL context can be had here';
  if (backend === 'webgpu' && !hasWebGPU()) return 'there is no WebGPU here; in Node, see enableWebGPU()';
  return null;
}

/** Whether a backend runs on a GPU that is a program on the CPU. */
export function isSoftwareGpu(backend: string): boolean {
  if (backend === 'webgpu') return isSoftwareWebGPU() ?? machine().gpu?.software ?? false;
  return backend === 'webgl' && (machine().gpu?.software ?? false);
}

/** What tfjs's webgpu backend says of its adapter; null if it has not started. */
function isSoftwareWebGPU(): boolean | null {
  const backend = engine().registry.webgpu as WebGPUBackend | undefined;
  return backend ? hardwareOf(backend).software : null;
}
