/** The little of protobuf's wire format that an ONNX model needs. */

/** Field numbers to values: a number is a varint, a string UTF-8, bytes or an array of bytes are embedded messages. */
export type Message = Record<number, number | string | Uint8Array | Uint8Array[]>;

export function encode(message: Message): Uint8Array {
  const bytes: number[] = [];
  for (const [field, value] of Object.entries(message)) {
    if (typeof value === 'number') bytes.push(...varint(Number(field) * 8), ...varint(value));
    else
      for (const part of chunks(value)) bytes.push(...varint(Number(field) * 8 + 2), ...varint(part.length), ...part);
  }
  return Uint8Array.from(bytes);
}

function chunks(value: string | Uint8Array | Uint8Array[]): Uint8Array[] {
  if (typeof value === 'string') return [new TextEncoder().encode(value)];
  return Array.isArray(value) ? value : [value];
}

/** Seven bits a byte, low ones first; negative numbers as 64 bits. */
function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}
