/**
 * Builds the WebAssembly kernels, and dist/:
 *
 * - index.mjs with its chunks, for pages: the dispatcher is a chunk of its own, loaded on first use;
 * - index.cjs, for whoever requires, with the kernels for tfjs-node in it too; and node.mjs, by which Node imports the
 *   same: a program that does both has one copy, with one state;
 * - the types of both kinds of module;
 * - the WebAssembly as files, for `setWasmModule`;
 * - the command line, with the program of the benchmark's reports and its page, and the licences of what is bundled into them.
 */
import {cp, rm, writeFile} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import esbuild from 'esbuild';
import {rollup} from 'rollup';
import {dts} from 'rollup-plugin-dts';
import {base64Kernels} from './base64_kernels.mjs';
import {buildWasm} from './build_wasm.mjs';
import {copyPageFiles, pagePrograms} from './page_programs.mjs';
import {stripGlsl} from './strip_glsl.mjs';
import {thirdPartyLicences} from './third_party_licences.mjs';
import {writeWasmFiles} from './write_wasm_files.mjs';

await buildWasm();
await rm('dist', {recursive: true, force: true});

const target = 'es2021';
const library = {
  bundle: true,
  platform: 'neutral',
  target,
  packages: 'external',
  sourcemap: 'external', // for check_package.mjs; they are not published
  minify: true,
  plugins: [stripGlsl],
};
const names = await buildForPages();
// For platform node it tells Node which names it exports.
await esbuild.build({
  ...library,
  plugins: [stripGlsl, base64Kernels],
  platform: 'node',
  entryPoints: ['node.ts'],
  outfile: 'dist/index.cjs',
  format: 'cjs',
  lineLimit: 200, // Node prints the whole line that an uncaught error comes from
});
await writeFile('dist/node.mjs', `export {${names.join(', ')}} from './index.cjs';\n`);
await writeWasmFiles('dist');

// The command line brings what it needs along: the package itself depends on nothing but its peer.
const {metafile: commandLine} = await esbuild.build({
  entryPoints: {cli: 'cli/main.ts', 'bench-peer': 'benchmarks/node/guest_process.ts'},
  outdir: 'dist',
  outExtension: {'.js': '.mjs'},
  // The bench is a chunk of its own: it imports tfjs-core, and the doctor starts without, to say that it is missing.
  splitting: true,
  chunkNames: 'cli-[name]-[hash]',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // cli-table3 does without @colors/colors where it is not installed, and the tables here have no colours.
  external: ['tfjs-softmax', '@tensorflow/*', 'playwright-core', '@colors/colors/safe'],
  banner: {
    js: "import {createRequire as requireFrom} from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  minify: true,
  lineLimit: 120,
  metafile: true,
});

// Goes into the HTML file of a report, which needs no network.
const {metafile: report} = await esbuild.build({
  entryPoints: ['benchmarks/report/page.ts'],
  outfile: 'dist/report.js',
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  metafile: true,
});
await cp('benchmarks/report/style.css', 'dist/report.css');

// The benchmark's page, which the command line serves with tfjs from where it is installed.
copyPageFiles('dist/bench-page');
const {metafile: page} = await esbuild.build({
  ...pagePrograms('dist/bench-page'),
  bundle: true,
  external: ['tfjs-softmax', '@tensorflow/*'],
  metafile: true,
});

await writeFile('dist/THIRD_PARTY_LICENCES.txt', await thirdPartyLicences([commandLine, report, page]));

/**
 * By esbuild; Rollup then joins what esbuild leaves apart: an import of tfjs-core for each file that has one, and four chunks that
 * every page loads. @returns the names of what index.mjs exports
 */
async function buildForPages() {
  const {outputFiles} = await esbuild.build({
    ...{...library, minify: false, minifySyntax: true},
    entryPoints: ['index.ts'],
    outdir: 'dist',
    format: 'esm',
    splitting: true,
    write: false,
  });
  const texts = new Map(outputFiles.map(({path, text}) => [path, text]));
  const bundle = await rollup({
    input: resolve('dist/index.js'),
    external: /^@tensorflow\//,
    plugins: [
      {
        name: 'built by esbuild',
        resolveId: (id, importer) => [id, resolve(dirname(importer ?? ''), id)].find((path) => texts.has(path)),
        load: (path) => ({code: texts.get(path), map: texts.get(`${path}.map`)}),
        renderChunk: (code) => esbuild.transform(code, {minify: true, format: 'esm', target, sourcemap: true}),
      },
    ],
  });
  const {output} = await bundle.write({
    dir: 'dist',
    sourcemap: 'hidden',
    entryFileNames: 'index.mjs',
    chunkFileNames: ({name}) => `chunks/${name.split('-')[0]}-[hash].mjs`, // esbuild's has a hash already
  });
  await bundle.close();
  return output[0].exports;
}

const types = await rollup({input: 'index.ts', plugins: [dts({respectExternal: false})], external: /^@tensorflow\//});
await types.write({file: 'dist/index.d.cts', format: 'cjs'});
// An ES module may take its types from a CommonJS one, and not the other way.
await writeFile('dist/index.d.mts', "export * from './index.cjs';\n");
await types.close();
