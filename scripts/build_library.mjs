import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, extname, join, resolve} from 'node:path';
import esbuild from 'esbuild';
import {rollup} from 'rollup';
import {asCommonJs} from './common_js.mjs';
import {SHADERS, stripGlsl} from './strip_glsl.mjs';

const PAGES = resolve('index.ts');
const NODE = resolve('node.ts');
const DISPATCHER = resolve('backends/dispatcher/index.ts');
/** What pages import on first use. */
const LATER = [
  'backends/dispatcher/dispatcher.ts',
  'backends/engines/wasm/threads.ts',
  'backends/wasm/check_threads.ts',
  'backends/webgpu/enabling.ts',
].map((file) => resolve(file));

/** A chunk takes no more modules from so many bytes on; with imports and exports it has a little more, and MOST at most. */
const FULL = 28_000;
const MOST = 31_500;

/**
 * The library, bundled once and written as two kinds of modules: dist/index.mjs with its chunks in dist/es, for pages, and
 * dist/index.cjs with dist/cjs, for Node. A chunk has one name in both folders, and one text but for imports and exports.
 * npm sorts the files of a tarball by name, and gzip finds what was there within 32 KiB: the second copy of a chunk that is
 * shorter than that takes next to nothing.
 *
 * @returns the names of what the library exports
 */
export async function buildLibrary() {
  const bundle = await rollup({
    input: {index: PAGES, node: NODE},
    external: /^(?:@tensorflow\/.*|webgpu)$/,
    plugins: [sources, minified],
    onwarn({message}) {
      throw new Error(message); // of modules that import each other, above all
    },
  });
  const {output} = await bundle.generate({
    chunkFileNames: 'es/[name]-[hash].js',
    entryFileNames: ({name}) => (name === 'node' ? 'index.cjs' : 'index.mjs'),
    manualChunks: chunks(),
    experimentalMinChunkSize: 0, // the entries are small, and not to be joined
    sourcemap: 'hidden', // for check_package.mjs; they are not published
  });
  await bundle.close();
  for (const folder of ['dist/es', 'dist/cjs']) mkdirSync(folder, {recursive: true});
  writeFileSync('dist/cjs/package.json', '{"type": "commonjs"}\n');
  for (const {fileName, code, map} of output.filter(({type}) => type === 'chunk')) {
    if (code.length > MOST) throw new Error(`${fileName} has ${code.length} bytes: lower FULL in build_library.mjs`);
    if (!/^index\.cjs|^es\/node-/.test(fileName)) {
      writeFileSync(join('dist', fileName), code);
      writeFileSync(join('dist', `${fileName}.map`), JSON.stringify(map));
    }
    if (fileName !== 'index.mjs') {
      writeFileSync(join('dist', fileName.replace('es/', 'cjs/')), asCommonJs(code.replaceAll('"./es/', '"./cjs/')));
    }
  }
  return output.find(({fileName}) => fileName === 'index.mjs').exports;
}

/** Entries are modules of their own with nothing but exports, since one chunk with index.ts is for both. */
const ENTRY = '\0entry ';
const tsconfigRaw = readFileSync('tsconfig.json', 'utf8');

/** For Rollup: TypeScript and JSON as JavaScript. */
const sources = {
  name: 'sources',
  resolveId(id, importer) {
    if (!importer) return ENTRY + id;
    if (/^[\w@]/.test(id)) return null; // a package
    const path = resolve(dirname(importer), id);
    return [path, `${path}.ts`, join(path, 'index.ts')].find((file) => extname(file) && existsSync(file));
  },
  async load(id) {
    if (id.startsWith(ENTRY)) return `export * from ${JSON.stringify(id.slice(ENTRY.length))};`;
    const text = readFileSync(id, 'utf8');
    const {code, map} = await esbuild.transform(SHADERS.test(id) ? stripGlsl(id, text) : text, {
      ...{loader: extname(id) === '.json' ? 'json' : 'ts', sourcefile: id, sourcemap: true},
      ...{format: 'esm', tsconfigRaw, minifySyntax: true},
    });
    const {code: short} = await esbuild.transform(code, {format: 'esm', minify: true});
    const size = short.replace(/(?:import|export)\{.*?\}(?:from".*?")?;/g, '').length;
    // What is imported later needs nothing of index.ts. But bundlers put what different entries need into different files: so
    // all that pages load at once stays in one.
    const whole = LATER.includes(id) ? `${code}import ${JSON.stringify(PAGES)};` : code;
    return {code: whole, map, meta: {size}};
  },
};

/** For Rollup: lines, too, since Node prints the whole one that an uncaught error comes from. */
const minified = {
  name: 'minified',
  renderChunk: (code) =>
    esbuild.transform(code, {format: 'esm', target: 'es2021', minify: true, lineLimit: 200, sourcemap: true}),
};

/** For Rollup: the name of the chunk for a module. */
function chunks() {
  let names;
  return (id, {getModuleInfo}) => {
    names ??= namesOfChunks(getModuleInfo);
    return names.get(id);
  };
}

/**
 * Of all that pages load at once; what they load later, and Node at once; what both load later; and what Node alone loads: each
 * in the order in which modules run, and cut where a chunk is full. So no chunk imports one that comes after it.
 *
 * The part of the dispatcher that pages load at once keeps wisdom. It is a chunk of its own: a bundler can leave it out of a page
 * that does not use it, which it could not if it stood in a chunk with what every page needs. After it come the two index files,
 * which export it.
 */
function namesOfChunks(getModuleInfo) {
  const atOnce = inOrder([PAGES], getModuleInfo);
  const later = atOnce.flatMap((id) => getModuleInfo(id).dynamicallyImportedIds);
  const unknown = later.filter((id) => !LATER.includes(id));
  if (unknown.length > 0) throw new Error(`LATER in build_library.mjs lacks ${unknown}`);
  const onUse = inOrder(later, getModuleInfo);
  const inNode = inOrder([NODE], getModuleInfo);
  const names = new Map();
  const cut = (name, ids) => {
    let number = 1;
    let bytes = 0;
    for (const id of ids.filter((id) => !names.has(id))) {
      const {size} = getModuleInfo(id).meta;
      if (bytes > 0 && bytes + size > FULL) {
        number++;
        bytes = 0;
      }
      bytes += size;
      names.set(id, `${name}-${number}`);
    }
  };
  const isIndex = (id) => id === PAGES || id === DISPATCHER;
  cut(
    'main',
    atOnce.filter((id) => !isIndex(id) && !id.startsWith(dirname(DISPATCHER))),
  );
  cut(
    'wisdom',
    atOnce.filter((id) => !isIndex(id)),
  );
  cut('index', atOnce);
  cut(
    'threads',
    onUse.filter((id) => inNode.includes(id)),
  );
  cut('dispatcher', onUse);
  cut('node', inNode);
  return names;
}

/** These modules and all that they import at once, in the order in which they run. */
function inOrder(roots, getModuleInfo) {
  const found = new Set();
  const visit = (id) => {
    const {isExternal, importedIds} = getModuleInfo(id);
    if (isExternal || found.has(id)) return;
    for (const imported of importedIds) visit(imported);
    found.add(id);
  };
  roots.forEach(visit);
  return [...found];
}
