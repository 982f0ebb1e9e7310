import {factsOf} from './facts';
import {machine} from './machine';
import {knownProblem} from './self_check';
import {lastFailure} from './start';

/** @returns why a backend cannot run here, as far as one knows without starting it; null if nothing speaks against it */
export function obstacle(backend: string): string | null {
  return lastFailure(backend) ?? knownProblem(backend) ?? missing(backend);
}

function missing(backend: string): string | null {
  const {wasm, gpu, webgpu} = machine();
  switch (factsOf(backend)?.needs) {
    case 'WebAssembly':
      return wasm ? null : 'there is no WebAssembly here';
    case 'WebGL':
      return gpu ? null : 'no WebGL context can be had here';
    case 'WebGPU':
      return webgpu ? null : 'there is no WebGPU here; in Node, see enableWebGPU()';
    default:
      return null;
  }
}
