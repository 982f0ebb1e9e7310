import {engine} from '@tensorflow/tfjs-core';
import {memoryOf} from '../../tfjs/wasm_memory';
import {isShared} from '../engines/wasm/module';
import {checkWasmThreads, type WasmPackage, type WasmThreadsOptions, wasmThreadsError} from './check_threads';
import {enableInNode} from './pool';

const NAME = '@tensorflow/tfjs-backend-wasm';

/** See enable_threads.ts; in Node. */
export async function enableWasmThreads(wasm: WasmPackage, options: WasmThreadsOptions = {}): Promise<void> {
  const {file} = checkWasmThreads(wasm, options);
  const started = engine().registry.wasm;
  if (started) {
    const memory = memoryOf(started as never);
    if (memory && isShared(memory)) return;
    throw wasmThreadsError("the wasm backend has started already. Call this before tf.setBackend('wasm')");
  }
  const bytes = await read(file ?? installedFile());
  shareMemory(bytes);
  const url = `data:application/wasm;base64,${Buffer.from(bytes).toString('base64')}`;
  // tfjs takes the second of them in Node, and wants all three. Only its own fetch takes a URL with data.
  wasm.setWasmPaths(
    {
      'tfjs-backend-wasm.wasm': url,
      'tfjs-backend-wasm-simd.wasm': url,
      'tfjs-backend-wasm-threaded-simd.wasm': url,
    },
    true,
  );
  enableInNode();
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await process.getBuiltinModule('node:fs').promises.readFile(path);
  } catch (error) {
    throw wasmThreadsError(`the file cannot be read: ${(error as Error).message}. Give its path with the option file`);
  }
}

/** As the program finds the package, from where it is or where it was started. */
function installedFile(): string {
  const {createRequire} = process.getBuiltinModule('node:module');
  const {join} = process.getBuiltinModule('node:path');
  for (const from of [process.argv[1], join(process.cwd(), 'any.js')]) {
    try {
      if (from)
        return join(createRequire(from).resolve(`${NAME}/package.json`), '../wasm-out/tfjs-backend-wasm-simd.wasm');
    } catch {
      // Not from there.
    }
  }
  throw wasmThreadsError(
    `${NAME} was not found. Give the path of its tfjs-backend-wasm-simd.wasm with the option file`,
  );
}

const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
const SHARED = 3;

/**
 * Makes the memory of a module shared. Only one that has a maximum can be: then the limits in the memory section begin with
 * 1, and with 3 they are those of a shared memory, and all else is the same.
 *
 * @throws if the module is made in another way, or not valid with that
 */
function shareMemory(bytes: Uint8Array): void {
  const at = startOfSection(bytes, MEMORY_SECTION);
  if (at === null || bytes[at] !== 1 || bytes[at + 1] !== HAS_MAXIMUM) {
    throw wasmThreadsError(`this version of ${NAME} defines its memory in a way that cannot be shared`);
  }
  bytes[at + 1] = SHARED;
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) {
    throw wasmThreadsError(`the WebAssembly of this version of ${NAME} is not valid with a shared memory`);
  }
}

/** Where the content of a section begins: after its number and its length. */
function startOfSection(bytes: Uint8Array, wanted: number): number | null {
  let at = 8; // after the magic number and the version
  while (at < bytes.length) {
    const id = bytes[at++]!;
    let length = 0;
    for (let shift = 0, more = true; more && at < bytes.length; shift += 7) {
      const byte = bytes[at++]!;
      length += (byte & 127) * 2 ** shift;
      more = byte > 127;
    }
    if (id === wanted) return at;
    at += length;
  }
  return null;
}
