const PAGE = 1 << 16;
/** What TensorFlow asks of an array that it takes as the memory of a tensor. */
const ALIGNMENT = 64;

let memory: WebAssembly.Memory | undefined;

/**
 * Buffers of so many floats each, with anything in them: the same ones with each call. They lie in the memory of a
 * WebAssembly module, which unlike an ArrayBuffer is aligned and keeps its pages.
 */
export function buffers(sizes: number[]): Float32Array[] {
  const starts: number[] = [];
  let end = 0;
  for (const size of sizes) {
    starts.push(end);
    end += Math.ceil((size * Float32Array.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
  }
  memory ??= new WebAssembly.Memory({initial: 1});
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const {buffer} = memory;
  return sizes.map((size, i) => new Float32Array(buffer, starts[i]!, size));
}
