import * as tf from '@tensorflow/tfjs';
import {categorical} from 'tfjs-softmax';
import {CONTEXT, type NextWordModel} from './model';
import {type Text, UNKNOWN} from './text';

/** Goes on after some words of the vocabulary, word by word, drawn from the model's logits. The same seed gives the same words. */
export function continuation(
  model: NextWordModel,
  {vocabulary}: Text,
  beginning: string,
  {words, seed}: {words: number; seed: number},
): string {
  const mask = vocabulary.map((_, token) => token !== UNKNOWN);
  const tokens = beginning.split(' ').map((word) => vocabulary.indexOf(word));
  for (let i = 0; i < words; i++) {
    const token = tf.tidy(() => {
      const logits = model.logits(Int32Array.from(tokens.slice(-CONTEXT))).as1D();
      return categorical(logits, -1, {temperature: 0.7, topK: 100, mask, seed: 1000 * seed + i}).dataSync()[0]!;
    });
    tokens.push(token);
  }
  const text = tokens.map((token) => vocabulary[token]).join(' ');
  return text.replace(/ ([.,;:!?])/g, '$1');
}
