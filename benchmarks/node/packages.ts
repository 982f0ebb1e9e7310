import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';

/**
 * Folders whose packages are used: that of the user's project, where people who installed this package have them, and
 * those that the setup scripts of this project fill.
 */
const FOLDERS = ['.', '.cache/tfjs-node', '.cache/bench-peers'];

/** Scripts of this project that get what its own `npm ci` does not. */
const SETUPS: Record<string, string> = {
  '@tensorflow/tfjs-node': 'setup:tfjs-node',
  'onnxruntime-web': 'setup:bench-peers',
  'onnxruntime-node': 'setup:bench-peers',
  '@jax-js/jax': 'setup:bench-peers',
  '@huggingface/transformers': 'setup:bench-peers',
};

/** Where a package is installed, or why it is not to be had. */
export function find(name: string): {folder: string; version: string} | {reason: string} {
  for (const folder of FOLDERS) {
    for (let above = resolve(folder); ; above = dirname(above)) {
      const found = join(above, 'node_modules', name);
      if (existsSync(join(found, 'package.json'))) {
        const {version} = JSON.parse(readFileSync(join(found, 'package.json'), 'utf8')) as {version: string};
        return {folder: found, version};
      }
      if (dirname(above) === above) break;
    }
  }
  const setup = SETUPS[name] ? `, or npm run ${SETUPS[name]} in a clone of tfjs-softmax` : '';
  return {reason: `it is not installed: npm install ${name}${setup}`};
}

/** Loads a package that may not be there: its exports, or why there are none. */
export function load<T>(name: string): {loaded: T; version: string} | {reason: string} {
  const found = find(name);
  if ('reason' in found) return found;
  try {
    return {loaded: createRequire(join(found.folder, '..', 'package.json'))(name) as T, version: found.version};
  } catch (error) {
    return {reason: `it does not load: ${firstLine(error)}`};
  }
}

export function firstLine(error: unknown): string {
  return String(error).split('\n')[0]!;
}
