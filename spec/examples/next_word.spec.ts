import {batches, heldOut} from '../../examples/next_word/batches';
import {CONTEXT} from '../../examples/next_word/model';
import {readText, UNKNOWN} from '../../examples/next_word/text';
import {run} from '../docs/code_blocks';

/** The example of `npm start`, with the built package. */

const text = readText(5000);

test('the book as numbers: frequent words have one each, the others share one', () => {
  expect(text.tokens.length).toBeGreaterThan(200_000);
  expect(text.vocabulary).toHaveLength(5000);
  const words = Array.from(text.tokens.subarray(0, 3), (token) => text.vocabulary[token]);
  expect(words).toEqual(['call', 'me', 'ishmael']);
  expect(text.counts.reduce((sum, count) => sum + count, 0)).toBe(text.tokens.length);
  expect(text.tokens.filter((token) => token === UNKNOWN)).toHaveLength(text.counts[UNKNOWN]!);
});

test('an epoch shows each word with those before it, and none that are kept for the test', () => {
  const samples = text.tokens.length - 1000 - CONTEXT;
  const next: number[] = [];
  for (const batch of batches(text, {samples, epochs: 1, batchSize: 1000})) {
    expect(batch.contexts).toHaveLength(CONTEXT * batch.next.length);
    next.push(...batch.next);
  }
  expect(next.sort((a, b) => a - b)).toEqual([...text.tokens.subarray(CONTEXT, -1000)].sort((a, b) => a - b));
  expect(heldOut(text).next).toEqual(text.tokens.subarray(-1000));
});

test('stock and installed learn the same, and only installed is right about confident logits', async () => {
  const args = [
    'node_modules/tsx/dist/cli.mjs',
    'examples/next_word/main.ts',
    '--samples',
    '640',
    '--vocabulary',
    '5000',
  ];
  const {exitCode, stdout, stderr} = await run(process.execPath, args);
  expect([exitCode, exitCode === 0 ? '' : stderr]).toEqual([0, '']);

  expect(stdout).toMatch(/^stock +█+░* .* ms, of which softmax and loss .* ms \(\d+ %\)$/m);
  expect(stdout).toMatch(/^installed █+░* .* ms, of which softmax and loss .* ms \(\d+ %\)$/m);

  const [, stock, installed] = /loss on unseen words +│ +([\d.]+) │ +([\d.]+) │/.exec(stdout)!;
  expect(Number(installed)).toBeCloseTo(Number(stock), 4);
  const uniform = Math.log(5000);
  expect(Number(installed)).toBeLessThan(uniform - 2);

  const confident = [...stdout.matchAll(/^│ +(\d+) │ +(\S+) │ +(\S+) │ +(\S+) │$/gm)].map((row) =>
    row.slice(1).map(Number),
  );
  expect(confident.map(([logit]) => logit)).toEqual([20, 25, 30]);
  for (const [logit, right, ours] of confident) {
    expect(right! / -(4999 * Math.exp(-logit!))).toBeCloseTo(1, 4);
    expect(ours! / right!).toBeCloseTo(1, 5);
  }
  expect(confident.map(([, , , theirs]) => theirs)).toContain(0);

  const continuations = stdout.match(/^ {2}(the white whale|call me|captain ahab said)\b.*$/gm)!;
  expect(continuations).toHaveLength(3);
  for (const line of continuations) {
    expect(line.trim().split(' ').length).toBeGreaterThan(8);
    expect(line).not.toContain('(rare)');
  }
});

test('an option that is no whole number is refused', async () => {
  const args = ['node_modules/tsx/dist/cli.mjs', 'examples/next_word/main.ts', '--samples', 'many'];
  const {exitCode, stderr} = await run(process.execPath, args);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('--samples takes a whole number from 1, but got many.');
});
