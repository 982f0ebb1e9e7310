/**
 * Plans executed on typed arrays, by way of a memory of their own: for the cpu backend, and for a wasm backend whose memory
 * cannot be reached. Tensors pass through in chunks of whole rows, so that the memory stays bounded.
 */
import {isWorthWaiting, type Kernels, kernelsOn} from './module';
import {launch, type Plan} from './plan';

/** Floats, indices of classes, or a mask. */
export type Values = Float32Array | Int32Array | Uint8Array;

const PAGE = 1 << 16;
/** What a chunk's arrays fill together: half of a second-level cache, so that copies and kernels find each other's data. */
const CHUNK_BYTES = 1 << 19;
/** The memory never grows beyond this. Rows too large for it are left to plain TypeScript. */
export const LARGEST_MEMORY_BYTES = 1 << 26;

let kernels: Kernels | null = null;
let failure: string | null = null;

/** Why the kernels are not available here, or null if they are. Compiles them on the first call. */
export function stagingFailure(): string | null {
  if (!kernels && failure === null) {
    try {
      const memory = new WebAssembly.Memory({initial: (3 * CHUNK_BYTES) / PAGE, maximum: LARGEST_MEMORY_BYTES / PAGE});
      kernels = kernelsOn(memory);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
  }
  return failure;
}

/** Whether the kernels come from a module that was handed in. */
export function stagesPrecompiled(): boolean {
  return kernels?.given ?? false;
}

/** Lets go of the memory; the next call starts afresh. */
export function resetStaging(): void {
  kernels = null;
  failure = null;
}

/** Bytes that the private memory holds now. */
export function stagedBytes(): number {
  return kernels?.memory.buffer.byteLength ?? 0;
}

/**
 * Executes a plan on typed arrays.
 *
 * @param second, third what the plan takes beside x
 * @returns whether that is possible: there may be no kernels here, or no memory
 */
export function runStaged(
  plan: Plan,
  x: Float32Array,
  out: Float32Array,
  second: Values | null = null,
  third: Values | null = null,
): boolean {
  const {rows, secondPerBlock, thirdPerBlock, outPerBlock} = plan;
  const xPerBlock = rows.n * rows.inner;
  const perBlock = 4 * (xPerBlock + outPerBlock + secondPerBlock + thirdPerBlock);
  const shared = (outPerBlock ? 0 : 4) + sharedBytes(second, secondPerBlock) + sharedBytes(third, thirdPerBlock);
  if (!kernels && isWorthWaiting(x.length, false)) return false;
  if (stagingFailure() !== null || perBlock + shared > LARGEST_MEMORY_BYTES) return false;
  const chunk = Math.min(rows.outer, Math.max(1, Math.floor(CHUNK_BYTES / perBlock)));
  if (!hasRoomFor(chunk * perBlock + shared, kernels!.memory)) return false;

  // x comes first: a mask must not lie at 0, which stands for none.
  const {buffer} = kernels!.memory;
  const outAt = 4 * chunk * xPerBlock;
  const secondAt = outAt + 4 * (chunk * outPerBlock || 1);
  const thirdAt = secondAt + (sharedBytes(second, secondPerBlock) || 4 * chunk * secondPerBlock);
  if (second && !secondPerBlock) copyIn(second, 0, second.length, buffer, secondAt);
  if (third && !thirdPerBlock) copyIn(third, 0, third.length, buffer, thirdAt);
  let sum = 0;
  for (let o = 0; o < rows.outer; o += chunk) {
    const blocks = Math.min(chunk, rows.outer - o);
    copyIn(x, o * xPerBlock, blocks * xPerBlock, buffer, 0);
    if (secondPerBlock) copyIn(second!, o * secondPerBlock, blocks * secondPerBlock, buffer, secondAt);
    if (thirdPerBlock) copyIn(third!, o * thirdPerBlock, blocks * thirdPerBlock, buffer, thirdAt);
    launch(plan, kernels!.call, 0, outAt, second ? secondAt : 0, third ? thirdAt : 0, o, blocks);
    const results = new Float32Array(buffer, outAt, blocks * outPerBlock || 1);
    if (outPerBlock) out.set(results, o * outPerBlock);
    else sum += results[0]!;
  }
  if (!outPerBlock) out[0] = sum;
  return true;
}

/** Whether the memory has so many bytes, now if not before. */
export function hasRoomFor(bytes: number, memory: WebAssembly.Memory): boolean {
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return true;
  try {
    memory.grow(Math.ceil(missing / PAGE));
    return true;
  } catch {
    return false; // beyond its maximum, or the system has none left
  }
}

/** What an input takes up that all blocks share, in whole floats. */
function sharedBytes(values: Values | null, perBlock: number): number {
  return values && !perBlock ? (values.byteLength + 3) & ~3 : 0;
}

function copyIn(values: Values, from: number, count: number, buffer: ArrayBufferLike, at: number): void {
  const part = count === values.length ? values : values.subarray(from, from + count); // spares small tensors a view
  new (values.constructor as Float32ArrayConstructor)(buffer, at, count).set(part);
}
