/** The letters and the shift of backends/engines/wasm/text.ts, which says what they are for. */
const LETTERS = Array.from({length: 95}, (_, i) => String.fromCharCode(32 + i)).filter((c) => !"'\\`}~".includes(c));
const ANNOUNCERS = ['', '}', '~'];
const SHIFT = 16;

/** Bytes as text that may stand between single quotes; `bytesOfText` is the other direction. */
export function bytesAsText(bytes) {
  return Array.from(bytes, (byte) => {
    const place = (byte + SHIFT) % 256;
    return ANNOUNCERS[Math.floor(place / 90)] + LETTERS[place % 90];
  }).join('');
}
