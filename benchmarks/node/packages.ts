import {createRequire} from 'node:module';
import {resolve} from 'node:path';

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
};

/** Loads a package that may not be there: its exports, or why there are none. */
export function load<T>(name: string): {loaded: T} | {reason: string} {
  let reason = '';
  for (const folder of FOLDERS) {
    const require = createRequire(resolve(folder, 'package.json'));
    try {
      require.resolve(name);
    } catch {
      continue;
    }
    try {
      return {loaded: require(name) as T};
    } catch (error) {
      reason = `it does not load: ${firstLine(error)}`;
    }
  }
  const setup = SETUPS[name] ? `, or in a checkout of tfjs-softmax npm run ${SETUPS[name]}` : '';
  return {reason: reason || `it is not installed: npm install ${name}${setup}`};
}

export function firstLine(error: unknown): string {
  return String(error).split('\n')[0]!;
}
