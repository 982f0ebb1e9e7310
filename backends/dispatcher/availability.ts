import {factsOf, lossOf} from './facts';
import {machine} from './machine';
import {knownProblem} from './self_check';
import {lastFailure} from './start';

/**
 * @param needsFamily whether the kernels of this package are what it has to run
 * @returns why a backend cannot run here, as far as one knows without starting it; null if nothing speaks against it
 */
export function obstacle(backend: string, needsFamily = false): string | null {
  return lastFailure(backend) ?? missing(backend) ?? lossOf(backend) ?? (needsFamily ? unfit(backend) : null);
}

function missing(backend: string): string | null {
  const {wasm, gpu, webgpu} = machine();
  const {needs} = factsOf(backend) ?? {};
  if (!needs || {WebAssembly: wasm, WebGL: gpu, WebGPU: webgpu}[needs]) return null;
  return `there is no ${needs} here${needs === 'WebGPU' ? '; in Node, call enableWebGPU()' : ''}`;
}

/** Why a backend that can run is no place for the family. */
function unfit(backend: string): string | null {
  if (factsOf(backend)?.wants === 'WebGL 2' && machine().gpu?.webglVersion === 1) {
    return 'has only WebGL 1, where these ops run on the CPU';
  }
  return knownProblem(backend);
}
