/**
 * The import of the memory, as it stands in the binary: module "env", name "memory", kind 2, then the limits. Shared with a
 * maximum is 3, minimum, maximum; unshared without a maximum is 0, minimum. Minimum 0 written in four bytes (LEB128 may be
 * padded) makes both five bytes long, so that one build serves both kinds of memory.
 */
const IMPORT = [...'\x03env\x06memory\x02'].map((c) => c.charCodeAt(0));
const SHARED_LIMITS = [3, 0, 0x80, 0x80, 0x04];
const UNSHARED_LIMITS = [0, 0x80, 0x80, 0x80, 0x00];

/** Turns the build for one kind of memory into that for the other, in place. */
export function setShared(bytes: Uint8Array, shared: boolean): void {
  const [from, to] = shared ? [UNSHARED_LIMITS, SHARED_LIMITS] : [SHARED_LIMITS, UNSHARED_LIMITS];
  const pattern = [...IMPORT, ...from];
  const start = bytes.findIndex((_, i) => pattern.every((byte, j) => bytes[i + j] === byte));
  if (start < 0) throw new Error('the memory import is in another place');
  bytes.set(to, start + IMPORT.length);
}
