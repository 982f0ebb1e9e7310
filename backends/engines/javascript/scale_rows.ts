import type {Rows} from '../types';

/** Each of the rows of x times its number in g. tfjs's own multiplication, where it broadcasts, takes 100 ns an element. */
export function scaleRows(x: Float32Array, g: Float32Array, out: Float32Array, {outer, n, inner}: Rows): void {
  for (let o = 0, at = 0; o < outer; o++) {
    if (inner === 1) {
      const factor = g[o]!;
      for (const end = at + n; at < end; at++) out[at] = x[at]! * factor;
    } else {
      for (let j = 0; j < n; j++) {
        for (let i = o * inner; i < (o + 1) * inner; i++, at++) out[at] = x[at]! * g[i]!;
      }
    }
  }
}
