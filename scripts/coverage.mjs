/**
 * Runs the tests and says how much of kernels/, backends/, install/, gradient_check/ and tfjs/ they run: `npm run test:coverage`, with jest's options behind
 * `--`. `scripts/count_coverage.mjs` counts.
 */
import {spawnSync} from 'node:child_process';
import {rmSync} from 'node:fs';
import {resolve} from 'node:path';

rmSync('coverage', {recursive: true, force: true});
const tests = node('node_modules/jest/bin/jest.js', ...process.argv.slice(2), '--coverage', '--coverageReporters=json');
process.exitCode = node('scripts/count_coverage.mjs') || tests;

/** Pages and the process with tfjs-node leave theirs in the folder of that name. */
function node(...args) {
  const env = {...process.env, TFJS_SOFTMAX_COVERAGE: resolve('coverage/raw')};
  return spawnSync(process.execPath, args, {stdio: 'inherit', env}).status ?? 1;
}
