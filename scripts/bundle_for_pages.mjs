import {mkdir, writeFile} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import esbuild from 'esbuild';
import {rollup} from 'rollup';
import {minify} from 'terser';

/**
 * Writes the build for pages, index.mjs and its chunks, as small as can be: what esbuild makes of the sources goes through
 * Rollup, which puts all that a page loads into one chunk and merges its imports, and through Terser. Together they take
 * off a twentieth of what esbuild alone leaves.
 *
 * @param options of esbuild, beside those that are said here
 * @returns the names that index.mjs exports
 */
export async function bundleForPages(options, folder) {
  const {outputFiles} = await esbuild.build({
    ...options,
    entryPoints: ['index.ts'],
    outdir: folder,
    format: 'esm',
    splitting: true,
    outExtension: {'.js': '.mjs'},
    chunkNames: 'chunks/[name]-[hash]',
    minify: false,
    sourcemap: 'external',
    write: false,
  });
  const files = new Map(outputFiles.map(({path, text}) => [path, text]));
  const bundle = await rollup({
    input: resolve(folder, 'index.mjs'),
    external: /^@tensorflow\//,
    plugins: [
      {
        name: 'what esbuild made',
        resolveId(source, importer) {
          const path = importer ? resolve(dirname(importer), source) : source;
          return files.has(path) ? path : null;
        },
        load: (path) => ({code: files.get(path), map: files.get(`${path}.map`)}),
        renderChunk: (code) => ({code: withModulesLast(code), map: null}),
      },
    ],
  });
  const {output} = await bundle.generate({
    dir: folder,
    format: 'es',
    sourcemap: true,
    entryFileNames: '[name].mjs',
    chunkFileNames: ({name}) => `chunks/${name.replace(/-[0-9A-Z]{8}$/, '')}-[hash].mjs`,
  });
  await bundle.close();
  await mkdir(join(folder, 'chunks'), {recursive: true});
  for (const {fileName, code, map} of output.filter(({type}) => type === 'chunk')) {
    const mapName = `${fileName.split('/').at(-1)}.map`;
    const small = await minify(code, {
      module: true,
      ecma: 2020,
      compress: {passes: 6, pure_getters: true, keep_fargs: false, unsafe_arrows: true, unsafe_methods: true},
      sourceMap: {content: map, filename: fileName, url: mapName},
    });
    await writeFile(join(folder, fileName), small.code);
    await writeFile(join(folder, `${fileName}.map`), small.map);
  }
  return output.find(({fileName}) => fileName === 'index.mjs').exports;
}

/**
 * Moves the WebAssembly, which no code needs before it runs, to the end: gzip finds what is alike only within 32 KiB, and
 * code is more like code. Lines stay where they are, for the source map.
 */
function withModulesLast(code) {
  const modules = [];
  const rest = code.replace(/^var \w+ = (["'`])[^\n]{5000,}\1;$/gm, (module) => {
    modules.push(module);
    return '';
  });
  return [rest, ...modules].join('\n');
}
