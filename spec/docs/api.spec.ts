import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {run} from './code_blocks';

/** The examples of the API reference, as they stand in the published types, each with what it needs before it. */

/** They need a host of their own, and have tests there. */
const ELSEWHERE = ['enableWebGPU', 'enableWasmThreads', 'getThreads', 'setWasmModule'];

const types = readFileSync('dist/index.d.cts', 'utf8');
const examples = Array.from(
  types.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*declare (?:async )?function (\w+)/gs),
  ([, comment, name]) => {
    const lines = comment!.replace(/^ *\* ?/gm, '');
    const [, code = ''] = /@example\n(.*?)(?=^@|$(?!\n))/ms.exec(lines) ?? [];
    return {name: name!, code: code.replace(/^```\w*$/gm, '').trim()};
  },
);
const names = [...new Set(examples.map(({name}) => name))];

test('each function has one', () => {
  expect(names).toContain('softmax');
  expect(names.length).toBeGreaterThan(25);
  const shown = new Set(examples.filter(({code}) => code).map(({name}) => name));
  expect(names.filter((name) => !shown.has(name))).toEqual([]);
});

test('they run, in one program', async () => {
  const blocks = examples
    .filter(({name, code}) => code && !ELSEWHERE.includes(name))
    .map(({name, code}) => `// ${name}\n{\n${code}\n}\nuninstall();`);
  const program = `
    import * as tf from '@tensorflow/tfjs';
    import * as family from 'tfjs-softmax';
    const {${names.join(', ')}} = family;
    await tf.setBackend('cpu');
    const logits = tf.tensor2d([[1, 2, 3], [3, 1, 0]]);
    const [policyLogits, allowedMoves] = [logits, logits.greater(0)];
    const model = {predict: (x) => tf.softmax(tf.matMul(x, tf.ones([3, 4])))};
    const x = logits;
    const [hidden, weights, labels] = [logits, tf.ones([3, 4]), tf.tensor1d([0, 3], 'int32')];
    ${blocks.join('\n')}
    console.log('all ran');`;
  const {exitCode, stdout, stderr} = await run(process.execPath, ['--input-type=module', '-e', program], resolve('.'));
  if (exitCode !== 0) throw new Error(stderr);
  expect(stdout).toContain('all ran');
}, 60_000);
