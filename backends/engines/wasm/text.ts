/**
 * Bytes written as text of printable characters, so that they can stand in a string. Frequent bytes take one character,
 * the others two, and a byte always takes the same: a compressor sees the repetitions that base64 hides from it, and the
 * text compresses to the size of the bytes. scripts/bytes_as_text.mjs is the other direction.
 *
 * There are 90 letters: the printable characters of ASCII without ' \ ` and without } and ~, which announce a letter of the
 * next 90 bytes and of the last 76. A letter's place in the alphabet is its byte plus SHIFT, modulo 256 and then 90.
 *
 * No TextEncoder: jest's jsdom has none.
 */
export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(128);
  let place = 0;
  for (let code = 0x20; code < NEXT; code++) if (!SKIPPED.includes(code)) values[code] = place++ - SHIFT;
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < NEXT) bytes[length++] = values[code]!;
    else bytes[length++] = values[text.charCodeAt(++i)]! + (code === NEXT ? 90 : 180);
  }
  return bytes.slice(0, length);
}

/** With it the bytes that WebAssembly has most of are among the first 90. */
const SHIFT = 16;
/** ' \ ` */
const SKIPPED = [0x27, 0x5c, 0x60];
/** } and beyond it only ~ */
const NEXT = 0x7d;
