import {createRequire} from 'node:module';

/** The tfjs packages that bring backends to Node, and what became of importing each. */

export interface LoadedPackage {
  name: string;
  /** The backend that it registers. */
  backend: string;
  /** Null if it was imported, or why it was not. */
  problem: string | null;
  /** What kind of problem that is. */
  cause: Cause | null;
  /** Null if it is not installed. */
  version: string | null;
}

type Cause = 'not installed' | 'no WebGPU' | 'does not load';

const PACKAGES = [
  {backend: 'cpu', name: '@tensorflow/tfjs-backend-cpu'},
  {backend: 'wasm', name: '@tensorflow/tfjs-backend-wasm'},
  {backend: 'tensorflow', name: '@tensorflow/tfjs-node'},
  {backend: 'webgpu', name: '@tensorflow/tfjs-backend-webgpu'},
];

/** Imports what is installed beside this package, in the project where the command was called. */
export async function loadPackages(): Promise<LoadedPackage[]> {
  const loaded: LoadedPackage[] = [];
  for (const {name, backend} of PACKAGES) {
    loaded.push({name, backend, ...(await problemOfImport(name)), version: versionOf(name)});
  }
  return loaded;
}

async function problemOfImport(name: string): Promise<Pick<LoadedPackage, 'problem' | 'cause'>> {
  try {
    if (name.endsWith('-webgpu') && versionOf(name) !== null) {
      // It looks for WebGPU once, when it is imported.
      const {enableWebGPU} = await import('tfjs-softmax');
      const problem = await enableWebGPU().then(
        () => null,
        (error: Error) => error.message.split('\n')[0]!.replace(/^enableWebGPU: /, ''),
      );
      if (problem !== null) return {problem: `has no WebGPU: ${problem}`, cause: 'no WebGPU'};
    }
    await import(name);
    return {problem: null, cause: null};
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)) {
      return {problem: `not installed: npm install ${name}`, cause: 'not installed'};
    }
    return {problem: `does not load: ${message.split('\n')[0]}`, cause: 'does not load'};
  }
}

function versionOf(name: string): string | null {
  try {
    return createRequire(import.meta.url)(`${name}/package.json`).version;
  } catch {
    return null;
  }
}
