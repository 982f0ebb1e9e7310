/** What the host's WebAssembly has, found out with modules of one function each that are valid only with the feature. */

/** `relaxed` has fused multiply-add, where the host does; `simd` is for every host with 128-bit vectors. */
export type Build = 'simd' | 'relaxed';

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const RETURNS_VECTOR = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b];
const RETURNS_NOTHING = [0x01, 0x04, 0x01, 0x60, 0x00, 0x00];
const ONE_FUNCTION = [0x03, 0x02, 0x01, 0x00];
const SHARED_MEMORY = [0x05, 0x04, 0x01, 0x03, 0x01, 0x01];
/** i32.const 0, i32x4.splat */
const ZEROS = [0x41, 0x00, 0xfd, 0x11];
const RELAXED_MADD = [0xfd, 0x85, 0x02];
const ATOMIC_FENCE = [0xfe, 0x03, 0x00];
const END = 0x0b;

export function hasSimd(): boolean {
  return isValid(RETURNS_VECTOR, ONE_FUNCTION, code(ZEROS));
}

export function hasRelaxedSimd(): boolean {
  return isValid(RETURNS_VECTOR, ONE_FUNCTION, code([...ZEROS, ...ZEROS, ...ZEROS, ...RELAXED_MADD]));
}

export function hasThreads(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  return isValid(RETURNS_NOTHING, ONE_FUNCTION, SHARED_MEMORY, code(ATOMIC_FENCE));
}

/** The code section: one function without locals. */
function code(body: number[]): number[] {
  const length = body.length + 2;
  return [0x0a, length + 2, 0x01, length, 0x00, ...body, END];
}

function isValid(...sections: number[][]): boolean {
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(Uint8Array.from([HEADER, ...sections].flat()));
}
