import {machine} from './machine';
import {lastFailure} from './start';

/** @returns why a backend cannot run here, as far as one knows without starting it; null if nothing speaks against it */
export function obstacle(backend: string): string | null {
  const failure = lastFailure(backend);
  if (failure !== null) return failure;
  const {wasm, gpu, webgpu} = machine();
  if (backend === 'wasm' && wasm === null) return 'there is no WebAssembly here';
  if (backend === 'webgl' && gpu === null) return 'no WebGL context can be had here';
  if (backend === 'webgpu' && !webgpu) return 'there is no WebGPU here';
  return null;
}

/** Whether a backend runs on a GPU that is a program on the CPU. */
export function isSoftwareGpu(backend: string): boolean {
  return (backend === 'webgl' || backend === 'webgpu') && (machine().gpu?.software ?? false);
}
