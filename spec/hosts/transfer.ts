/**
 * Typed arrays as text on their way between Node and a page. Playwright sends them by value too, but takes more than
 * twice as long, and the large cases of the specs spent most of their time there.
 */
const TYPES = {Float32Array, Float64Array, Int32Array, Uint8Array};
type TypeName = keyof typeof TYPES;

interface Packed {
  typedArray: TypeName;
  base64: string;
}

/** The value with its typed arrays, at any depth, as text. */
export function pack(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    const typedArray = Object.prototype.toString.call(value).slice(8, -1) as TypeName;
    if (!TYPES[typedArray]) throw new Error(`${typedArray} does not cross; only ${Object.keys(TYPES).join(', ')} do`);
    return {typedArray, base64: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))};
  }
  return mapValues(value, pack);
}

/** The value that was packed. */
export function unpack(value: unknown): unknown {
  if (!isPacked(value)) return mapValues(value, unpack);
  const bytes = fromBase64(value.base64);
  return new TYPES[value.typedArray](bytes.buffer as ArrayBuffer);
}

function mapValues(value: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]));
}

function isPacked(value: unknown): value is Packed {
  return typeof value === 'object' && value !== null && 'typedArray' in value && 'base64' in value;
}

function toBase64(bytes: Uint8Array): string {
  if (typeof Buffer !== 'undefined')
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  let text = '';
  // A function takes no more than some ten thousand arguments.
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/** In an array of this realm: jest tells one from another. */
function fromBase64(base64: string): Uint8Array {
  if (typeof Buffer !== 'undefined') return new Uint8Array(Buffer.from(base64, 'base64'));
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
