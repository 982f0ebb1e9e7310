/**
 * Builds the WebAssembly kernels, and dist/: one bundle for ES modules and one for CommonJS, each with its types, and the
 * command line. tfjs-core stays outside.
 */

import {rm} from 'node:fs/promises';
import esbuild from 'esbuild';
import {rollup} from 'rollup';
import {dts} from 'rollup-plugin-dts';
import {buildWasm} from './build_wasm.mjs';

const ENTRY = 'index.ts';
const FORMATS = [
  {format: 'esm', script: 'dist/index.mjs', types: 'dist/index.d.mts'},
  {format: 'cjs', script: 'dist/index.cjs', types: 'dist/index.d.cts'},
];

await buildWasm();
await rm('dist', {recursive: true, force: true});

for (const {format, script} of FORMATS) {
  await esbuild.build({
    entryPoints: [ENTRY],
    outfile: script,
    bundle: true,
    format,
    platform: 'neutral',
    target: 'es2021',
    packages: 'external',
    sourcemap: true,
    minifySyntax: true,
  });
}

// The command line brings what it needs along: the package itself depends on nothing but its peer.
await esbuild.build({
  entryPoints: ['cli/main.ts'],
  outfile: 'dist/cli.mjs',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['tfjs-softmax', '@tensorflow/*'],
  banner: {js: "import {createRequire} from 'node:module';\nconst require = createRequire(import.meta.url);"},
  minifySyntax: true,
});

const types = await rollup({input: ENTRY, plugins: [dts({respectExternal: false})], external: /^@tensorflow\//});
for (const {format, types: file} of FORMATS) await types.write({file, format});
await types.close();
