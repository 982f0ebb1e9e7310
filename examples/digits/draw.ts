import * as tf from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import colors from 'picocolors';
import {CLASSES, type Digits, PIXELS} from './data';
import {mostProbable, type Score} from './train';

const PLAIN = {style: {head: [], border: [], compact: true}};

/** A training, and how well it did. */
export interface Run extends Score {
  /** Median milliseconds of a step: softmax's forward and backward passes, and all of it. */
  forward: number;
  backward: number;
  step: number;
}

/** The figures of the two runs, side by side. */
export function comparison(stock: Run, ours: Run): string {
  const table = new Table({
    ...PLAIN,
    head: ['median of a step', 'stock tfjs', 'installed', ''],
    colAligns: ['left', 'right', 'right', 'left'],
  });
  const times = (f: (t: Run) => number) => {
    const [a, b] = [f(stock), f(ours)];
    return [`${a.toFixed(3)} ms`, `${b.toFixed(3)} ms`, verdict(a / b)];
  };
  const number = (f: (t: Run) => string) => [f(stock), f(ours), ''];
  table.push(
    ['softmax, forward', ...times(({forward}) => forward)],
    ['softmax, backward', ...times(({backward}) => backward)],
    ['the whole step', ...times(({step}) => step)],
    ['softmax in it', ...number((t) => `${((100 * (t.forward + t.backward)) / t.step).toFixed(1)} %`)],
    ['test loss', ...number((t) => t.loss.toFixed(6))],
    ['test accuracy', ...number((t) => `${(100 * t.accuracy).toFixed(2)} %`)],
  );
  return table.toString();
}

/** Stock's time over ours in words. */
function verdict(ratio: number): string {
  if (ratio > 1.1) return colors.green(`${ratio.toFixed(1)} times as fast`);
  return ratio > 0.9 ? 'no difference' : colors.red(`slower: ${ratio.toFixed(2)} times the speed`);
}

/** How often each digit (rows) was taken for each (columns). */
export function confusion({probabilities}: Run, test: Digits): string {
  const labels = test.labels.dataSync() as Float32Array;
  const counts = Array.from({length: CLASSES}, () => new Array<number>(CLASSES).fill(0));
  for (let row = 0; row < test.count; row++) counts[mostProbable(labels, row)]![mostProbable(probabilities, row)]!++;
  const table = new Table({
    head: ['', ...Array.from(counts, (_, j) => String(j))],
    colAligns: ['right', ...counts.map(() => 'right' as const)],
    ...PLAIN,
  });
  counts.forEach((row, i) => {
    table.push([String(i), ...row.map((n, j) => (i === j ? colors.green(String(n)) : n ? colors.red(String(n)) : ''))]);
  });
  return table.toString();
}

/** One test digit drawn in half blocks, with its predicted probabilities beside it. */
export function digit({probabilities}: Run, test: Digits, row: number): string {
  const pixels = tf.tidy(() => tf.slice(test.images, [row, 0], [1, PIXELS]).dataSync());
  const label = mostProbable(test.labels.dataSync() as Float32Array, row);
  const predicted = mostProbable(probabilities, row);
  const lines: string[] = [];
  for (let y = 2; y < 26; y += 2) {
    let line = '';
    for (let x = 2; x < 26; x++) {
      const [upper, lower] = [pixels[y * 28 + x]! > 0.4, pixels[(y + 1) * 28 + x]! > 0.4];
      line += upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
    }
    const k = y / 2 - 1;
    if (k < CLASSES) {
      const p = probabilities[row * CLASSES + k]!;
      const mark = k === predicted ? (k === label ? colors.green : colors.red) : String;
      line += `   ${mark(`${k} ${'■'.repeat(Math.round(20 * p)).padEnd(20)} ${p.toFixed(4)}`)}${k === label ? '  <- is' : ''}`;
    }
    lines.push(line);
  }
  return lines.join('\n');
}
