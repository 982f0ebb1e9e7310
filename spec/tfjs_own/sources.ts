import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {transformSync} from 'esbuild';

const FILES = [
  'ops/softmax_test.js',
  'ops/log_softmax_test.js',
  'ops/log_sum_exp_test.js',
  'ops/losses/softmax_cross_entropy_test.js',
  'ops/losses/sigmoid_cross_entropy_test.js',
];

const {resolve} = createRequire(join(process.cwd(), 'package.json'));

/** tfjs's own spec files of the family, which its package ships, as CommonJS that any runner can evaluate. */
export function ownSpecs(): {file: string; code: string}[] {
  const folder = dirname(resolve('@tensorflow/tfjs-core'));
  return FILES.map((file) => {
    const {code} = transformSync(readFileSync(join(folder, file), 'utf8'), {format: 'cjs'});
    return {file, code};
  });
}

/** jasmine as a script for a page. */
export function jasmineCode(): string {
  return readFileSync(join(dirname(resolve('jasmine-core')), 'jasmine-core', 'jasmine.js'), 'utf8');
}
