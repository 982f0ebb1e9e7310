/**
 * Builds the WebAssembly kernels, and dist/: one bundle for ES modules and one for CommonJS, each with its types, the
 * command line, and the program of the benchmark's reports.
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
  external: ['tfjs-softmax', '@tensorflow/*', 'playwright-core'],
  banner: {
    js: "import {createRequire as requireFrom} from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  minifySyntax: true,
});

// Goes into the HTML file of a report, which needs no network.
await esbuild.build({
  entryPoints: ['benchmarks/report/page.ts'],
  outfile: 'dist/report.js',
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  minify: true,
});

const types = await rollup({input: ENTRY, plugins: [dts({respectExternal: false})], external: /^@tensorflow\//});
for (const {format, types: file} of FORMATS) await types.write({file, format});
await types.close();
