/**
 * Bytes written as text of printable characters, so that they can stand in a string. The frequent ones take one
 * character and the others two, always the same: a compressor sees the repetitions that base64 hides from it, and the
 * text compresses to the size of the bytes. scripts/bytes_as_text.mjs is the other direction.
 *
 * There are 90 letters: the printable characters of ASCII without ' \ ` and the two that announce the next 90 and the 76
 * after them. A letter's place in the alphabet is the byte plus SHIFT, modulo 256 and then 90.
 */
export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(128);
  let place = 0;
  for (let code = 0x20; code < NEXT; code++) if (!SKIPPED.includes(code)) values[code] = place++ - SHIFT;
  // Written over the text itself: no byte is before its letter.
  const bytes = new TextEncoder().encode(text);
  let length = 0;
  let i = 0;
  while (i < bytes.length) {
    const code = bytes[i++]!;
    if (code < NEXT) bytes[length++] = values[code]!;
    else bytes[length++] = values[bytes[i++]!]! + (code === NEXT ? 90 : 180);
  }
  return bytes.slice(0, length);
}

/** With it the bytes that WebAssembly has most of are among the first 90. */
const SHIFT = 16;
/** ' \ ` */
const SKIPPED = [0x27, 0x5c, 0x60];
/** } and beyond it only ~ */
const NEXT = 0x7d;
