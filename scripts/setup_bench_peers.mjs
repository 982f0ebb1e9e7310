/**
 * Gets the libraries that the benchmark compares with and the package itself has no use for: `npm run setup:bench-peers`.
 *
 * They go to the ignored folder .cache/bench-peers, since together they take 430 MB, which nobody should have to download
 * for working on the package. Without them the benchmark lists them as missing.
 */
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const PEERS = [
  'onnxruntime-web@1.30.0',
  'onnxruntime-node@1.30.0',
  '@jax-js/jax@0.1.25',
  '@huggingface/transformers@4.3.1',
];

const project = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const folder = path.join(project, '.cache', 'bench-peers');
fs.mkdirSync(folder, {recursive: true});
fs.writeFileSync(path.join(folder, 'package.json'), '{"private": true}\n');
// Install scripts only fetch libraries for NVIDIA GPUs, which are not used.
const flags = ['--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund'];
const {status} = spawnSync('npm', ['install', ...flags, ...PEERS], {cwd: folder, stdio: 'inherit'});
process.exitCode = status ?? 1;
