import {softmax} from 'tfjs-softmax';
import {CONTEXT, type NextWordModel} from './model';
import {type Text, UNKNOWN} from './text';

/** Temporary: until categorical() is there. */
export function continuation(
  model: NextWordModel,
  {vocabulary}: Text,
  beginning: string,
  {words, seed}: {words: number; seed: number},
): string {
  const tokens = beginning.split(' ').map((word) => Math.max(0, vocabulary.indexOf(word)));
  let state = seed;
  for (let i = 0; i < words; i++) {
    const logits = model.logits(Int32Array.from(tokens.slice(-CONTEXT)));
    const p = softmax(logits, -1, {scale: 1 / 0.7}).dataSync();
    logits.dispose();
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let u = (state / 2 ** 32) * (1 - p[UNKNOWN]!);
    let k = 1;
    while (u > p[k]! && k < p.length - 1) u -= p[k++]!;
    tokens.push(k);
  }
  return tokens
    .map((t) => vocabulary[t])
    .join(' ')
    .replace(/ ([.,;:!?])/g, '$1');
}
