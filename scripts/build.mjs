/**
 * Builds the WebAssembly kernels, and dist/:
 *
 * - the library for pages and for Node (build_library.mjs), and node.mjs, by which Node imports what others require: a program
 *   that does both has one copy, with one state;
 * - the types of both kinds of module;
 * - the WebAssembly as files, for `setWasmModule`, and for Node, which reads one of them;
 * - cli/: the command line, with the benchmark's page, the program of its reports, and the licences of what is bundled.
 */
import {cp, readFile, rm, writeFile} from 'node:fs/promises';
import esbuild from 'esbuild';
import {rollup} from 'rollup';
import {dts} from 'rollup-plugin-dts';
import {buildLibrary} from './build_library.mjs';
import {buildWasm} from './build_wasm.mjs';
import {copyPageFiles, pagePrograms} from './page_programs.mjs';
import {thirdPartyLicences} from './third_party_licences.mjs';
import {writeWasmFiles} from './write_wasm_files.mjs';

await buildWasm();
await rm('dist', {recursive: true, force: true});
const names = await buildLibrary();
await writeFile('dist/node.mjs', `export {${names.join(', ')}} from './index.cjs';\n`);
await writeWasmFiles('dist');

// The command line brings what it needs along: the package itself depends on nothing but its peer. Node runs it, and serves the
// benchmark's page from the same folder, with tfjs from where it is installed: both import the chunks of what both do.
const {metafile: programs} = await esbuild.build({
  entryPoints: {
    ...{main: 'cli/main.ts', 'bench-peer': 'benchmarks/node/guest_process.ts'},
    ...pagePrograms('').entryPoints,
  },
  outdir: 'dist/cli',
  // The bench is a chunk of its own: it imports tfjs-core, and the doctor starts without, to say that it is missing.
  splitting: true,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: ['node20', 'es2022'],
  // cli-table3 does without @colors/colors where it is not installed, and the tables here have no colours.
  external: ['tfjs-softmax', '@tensorflow/*', 'playwright-core', '@colors/colors/safe'],
  minify: true,
  lineLimit: 120,
  metafile: true,
});
copyPageFiles('dist/cli');
await giveRequire(Object.keys(programs.outputs));

// Goes into the HTML file of a report, which needs no network.
const {metafile: report} = await esbuild.build({
  entryPoints: ['benchmarks/report/page.ts'],
  outfile: 'dist/cli/report.js',
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  metafile: true,
});
await cp('benchmarks/report/style.css', 'dist/cli/report.css');

await writeFile('dist/cli/THIRD_PARTY_LICENCES.txt', await thirdPartyLicences([programs, report]));

/** Packages that are CommonJS require Node's modules, by way of one chunk; pages load it too, and do not use it. */
async function giveRequire(files) {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const places = texts.flatMap((text, i) => (text.includes('typeof require') ? [i] : []));
  if (places.length !== 1) throw new Error(`${places.length} chunks of the command line need require, and not one`);
  const [at] = places;
  const require = "const require=globalThis.process&&(await import('node:module')).createRequire(import.meta.url);\n";
  await writeFile(files[at], require + texts[at]);
}

const types = await rollup({input: 'index.ts', plugins: [dts({respectExternal: false})], external: /^@tensorflow\//});
await types.write({file: 'dist/index.d.cts', format: 'cjs'});
// An ES module may take its types from a CommonJS one, and not the other way.
await writeFile('dist/index.d.mts', "export * from './index.cjs';\n");
await types.close();
