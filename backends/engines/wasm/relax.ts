/**
 * Turns the build for every host into the relaxed one, in place: pairs of multiplication and addition become fused.
 *
 * scripts/build_wasm.mjs puts the addend between the two: a, b, mul, c, add becomes a, b, c, madd. All three instructions
 * are three bytes long, so nothing moves; the multiplication becomes nothing. The addend is a local, a constant, or
 * another such pair: hence from the end to the beginning.
 *
 * @returns how many pairs there were
 */
export function relax(bytes: Uint8Array): number {
  let pairs = 0;
  // By its second byte, which is the rarest: the engine's own search is a hundred times a loop's first run.
  for (let at = bytes.lastIndexOf(MUL[1]!); at > 0; at = bytes.lastIndexOf(MUL[1]!, at - 1)) {
    const i = at - 1;
    if (!isAt(bytes, i, MUL)) continue;
    const end = endOfAddend(bytes, i + 3);
    if (end === null) continue;
    bytes.set(NOPS, i);
    bytes.set(MADD, end);
    pairs++;
  }
  return pairs;
}

const MUL = [0xfd, 0xe6, 0x01];
const ADD = [0xfd, 0xe4, 0x01];
const MADD = [0xfd, 0x85, 0x02];
const NOPS = [0x01, 0x01, 0x01];

const LOCAL_GET = 0x20;
const V128_CONST = [0xfd, 0x0c];

/** Where the addition is to which the code from `start` on has put one vector on the stack; null if it does not. */
function endOfAddend(bytes: Uint8Array, start: number): number | null {
  let height = 0;
  let i = start;
  while (!isAt(bytes, i, ADD)) {
    if (bytes[i] === LOCAL_GET) {
      height++;
      i += bytes[i + 1]! < 0x80 ? 2 : 3;
    } else if (isAt(bytes, i, V128_CONST)) {
      height++;
      i += 18;
    } else if (isAt(bytes, i, MADD)) {
      height -= 2;
      i += 3;
    } else if (isAt(bytes, i, NOPS)) i += 3;
    else return null;
  }
  return height === 1 ? i : null;
}

function isAt(bytes: Uint8Array, i: number, instruction: number[]): boolean {
  for (let j = 0; j < instruction.length; j++) if (bytes[i + j] !== instruction[j]) return false;
  return true;
}
