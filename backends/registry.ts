/** The tfjs backends that have kernels here, each under tfjs's name of it: one line a backend. */
export {cpuBackend as cpu} from './cpu';
export {wasmBackend as wasm} from './wasm';
export {webglBackend as webgl} from './webgl';
export {webgpuBackend as webgpu} from './webgpu';
