import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';

/** What tfjs's wasm backend keeps to itself, and where its two kinds of build have the memory. */
interface EmscriptenModule {
  asm?: {memory?: unknown};
  wasmMemory?: unknown;
  HEAPU8: Uint8Array;
  tfjs?: {getThreadsCount?(): number};
}

/** The memory that tfjs's wasm backend works on, or null where this version of it does not let it be seen. */
export function memoryOf(backend: BackendWasm): WebAssembly.Memory | null {
  const {asm, wasmMemory, HEAPU8} = emscriptenModule(backend);
  const found = [asm?.memory, wasmMemory].find((candidate) => candidate instanceof WebAssembly.Memory);
  // Anything but the memory that the tensors are in would be written to in vain, or in harm.
  return found?.buffer === HEAPU8.buffer ? found : null;
}

/** How many threads tfjs has on this backend: what setThreadsCount of its package has made of what the machine has. */
export function threadsCountOf(backend: BackendWasm): number {
  return emscriptenModule(backend).tfjs?.getThreadsCount?.() ?? 1;
}

const ARRAYS = {float32: Float32Array, int32: Int32Array, bool: Uint8Array};

/** A tensor's values where they lie: valid until tfjs's memory grows next. */
export function heapValues<D extends keyof typeof ARRAYS>(
  backend: BackendWasm,
  pointer: number,
  size: number,
  dtype: D,
): InstanceType<(typeof ARRAYS)[D]> {
  const {buffer} = emscriptenModule(backend).HEAPU8;
  return new ARRAYS[dtype](buffer as ArrayBuffer, pointer, size) as InstanceType<(typeof ARRAYS)[D]>;
}

function emscriptenModule(backend: BackendWasm): EmscriptenModule {
  return backend.wasm as unknown as EmscriptenModule;
}
