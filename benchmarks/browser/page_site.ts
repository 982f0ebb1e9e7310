/**
 * The page as this package brings it: its own program, with tfjs and the libraries to compare with from where they are
 * installed, by an import map. (`npm run bench:page` bundles all of it for a static host instead.)
 */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {find} from '../node/packages';
import {LIBRARIES} from '../peers/libraries';
import type {Site} from './serve';

/** What the page imports, and the file of it that runs without a bundler. */
const MODULES: Record<string, {package: string; file: string}> = {
  '@tensorflow/tfjs-core': {package: '@tensorflow/tfjs-core', file: 'dist/tf-core.fesm.min.js'},
  '@tensorflow/tfjs-backend-cpu': {package: '@tensorflow/tfjs-backend-cpu', file: 'dist/tf-backend-cpu.fesm.min.js'},
  '@tensorflow/tfjs-backend-wasm': {package: '@tensorflow/tfjs-backend-wasm', file: 'dist/tf-backend-wasm.fesm.min.js'},
  '@tensorflow/tfjs-backend-webgl': {
    ...{package: '@tensorflow/tfjs-backend-webgl', file: 'dist/tf-backend-webgl.fesm.min.js'},
  },
  '@tensorflow/tfjs-backend-webgpu': {
    ...{package: '@tensorflow/tfjs-backend-webgpu', file: 'dist/tf-backend-webgpu.fesm.min.js'},
  },
  // It has tfjs's gradients in it, which tfjs-core alone lacks.
  '@tensorflow/tfjs-core/dist/register_all_gradients': {
    ...{package: '@tensorflow/tfjs-layers', file: 'dist/tf-layers.fesm.min.js'},
  },
};

/** tfjs's wasm backend names modules of Node, for Node only; the cpu backend a generator that no op here uses. */
const EMPTY = ['fs', 'path', 'os', 'perf_hooks', 'seedrandom'];

/** With the command line, where the build puts the page. */
const PAGE = fileURLToPath(new URL('./', import.meta.url));
/** This package for pages. */
const OWN = fileURLToPath(new URL('../', import.meta.url));

export function pageSite(): Site {
  const mounts: Record<string, string> = {own: OWN};
  const imports: Record<string, string> = {'tfjs-softmax': '/own/index.mjs'};
  for (const [name, module] of Object.entries(MODULES)) {
    const found = find(module.package);
    // The page says of each what it lacks.
    if ('reason' in found || !existsSync(join(found.folder, module.file))) continue;
    mounts[module.package] = found.folder;
    imports[name] = `/${module.package}/${module.file}`;
  }
  for (const name of EMPTY) imports[name] = '/empty.js';
  const wasm = find('@tensorflow/tfjs-backend-wasm');
  if (!('reason' in wasm)) mounts.wasm = join(wasm.folder, 'dist');
  const libraries = LIBRARIES.filter(({pageFile}) => pageFile !== null).map(({name, package: own, pageFile}) => {
    const found = find(own);
    if ('reason' in found) return {name, package: own, reason: found.reason};
    mounts[own] = found.folder;
    return {name, package: own, version: found.version, url: `/${own}/${pageFile}`};
  });
  const html = readFileSync(join(PAGE, 'index.html'), 'utf8');
  const map = `<script type="importmap">${JSON.stringify({imports})}</script>`;
  return {
    folder: PAGE,
    mounts,
    texts: {
      '/index.html': html.replace('<!-- import map -->', map),
      '/empty.js': 'export default {};\n',
      '/libraries.json': JSON.stringify(libraries),
    },
  };
}
