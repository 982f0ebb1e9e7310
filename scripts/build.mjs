/** Builds the WebAssembly kernels, and dist/: one bundle for ES modules and one for CommonJS, each with its types. tfjs-core stays outside. */
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

const types = await rollup({input: ENTRY, plugins: [dts({respectExternal: false})], external: /^@tensorflow\//});
for (const {format, types: file} of FORMATS) await types.write({file, format});
await types.close();
