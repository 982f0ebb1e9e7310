/**
 * Checks the package as it would be published: `npm run check:package`. Publint on its package.json, are-the-types-wrong
 * on what TypeScript makes of it, and what a page has to load.
 */
import {execFileSync} from 'node:child_process';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {gzipSync} from 'node:zlib';
import {checkPackage, createPackageFromTarballData} from '@arethetypeswrong/core';
import esbuild from 'esbuild';
import {publint} from 'publint';
import {formatMessage} from 'publint/utils';
import {rollup} from 'rollup';

/**
 * Bytes, gzipped, of all that a page loads at once, the WebAssembly included; but for what only tests call, and the dispatcher
 * with what it keeps.
 */
const BUDGET = 64 * 1024;
const APART = /^(checkGradients|exportWisdom|importWisdom|forgetWisdom)/;
/**
 * Bytes of the tarball. Four tenths are the library, whose second copy takes 2 % (build_library.mjs says why); a quarter is the
 * command line with the benchmark and its page, a sixth the docs, a tenth the WebAssembly as files.
 */
const TARBALL_BUDGET = 300_000;
/** Pages for contributors: their links may lead to sources and pages that are only in a clone. */
const FOR_CONTRIBUTORS = /^(?:CONTRIBUTING|docs\/(?:adding-|how-the-kernels-work|webgl-shaders))/;

/** Sources that no page needs before it asks for them. */
const FOREIGN =
  /(?:^|\/)(?:backends\/tensorflow|backends\/webgpu\/dawn|backends\/wasm\/node_threads|backends\/engines\/wasm\/(?:threads|thread_host|chunks|pieces|kernels_file)\b|kernels\/reference|backends\/dispatcher\/(?:rank|select|report|measure|costs?)\b|cli|benchmarks)/;
/** Comments and indentation of GLSL and WGSL. */
const UNSTRIPPED = /\n[ \t]|\/\/ /;

const folder = await mkdtemp(join(tmpdir(), 'tfjs-softmax-pack-'));
try {
  const {tarball, problems: contents} = await packed(folder);
  const problems = [
    ...(await publintProblems(tarball)),
    ...(await typeProblems(tarball)),
    ...(await pageProblems()),
    ...contents,
  ];
  for (const problem of problems) console.error(`- ${problem}`);
  console.log(problems.length === 0 ? 'The package is as it should be.' : `${problems.length} problems.`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await rm(folder, {recursive: true});
}

async function packed(destination) {
  const [{filename, size, unpackedSize, files}] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', destination], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  console.log(`tarball: ${size} bytes, ${unpackedSize} unpacked`);
  const buffer = await readFile(join(destination, filename));
  const problems = await fileProblems(files.map(({path}) => path));
  if (size > TARBALL_BUDGET) problems.push(`the tarball has ${size} bytes of ${TARBALL_BUDGET}`);
  return {tarball: buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength), problems};
}

/** No source maps; and what a reader of the package can click on is in it. */
async function fileProblems(files) {
  const problems = files.filter((file) => file.endsWith('.map')).map((file) => `${file} is in the package`);
  for (const page of files.filter((file) => file.endsWith('.md') && !FOR_CONTRIBUTORS.test(file))) {
    for (const [, link] of (await readFile(page, 'utf8')).matchAll(/(?:\]\(|src=")(?!https?:)([^)#"\s]+)/g)) {
      const target = join(page, '..', link);
      if (!files.some((file) => file === target || file.startsWith(`${target}/`))) {
        problems.push(`${page} links to ${link}, which is not in the package`);
      }
    }
  }
  return problems;
}

async function publintProblems(tarball) {
  const {messages, pkg} = await publint({pack: {tarball}, strict: true});
  return messages.map((message) => `publint: ${formatMessage(message, pkg, {color: false})}`);
}

async function typeProblems(tarball) {
  const {problems} = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)), {
    excludeEntrypoints: [/\.wasm$/], // for hosts that compile them; nothing requires them
  });
  return problems.map((problem) => `are-the-types-wrong: ${JSON.stringify(problem)}`);
}

/** Of dist/index.mjs and what it imports at once; a chunk that is imported on first use does not count. */
async function pageProblems() {
  const problems = [];
  for (const [file, text] of await loadedWith('dist/index.mjs')) {
    console.log(`page: ${file}, ${gzipped(text)} bytes gzipped`);
    const {sources} = JSON.parse(await readFile(`${file}.map`, 'utf8'));
    for (const source of sources) {
      if (FOREIGN.test(source)) problems.push(`${file}, which every page loads, has ${source} in it`);
    }
  }
  const texts = await bundled('dist/index.mjs');
  if (texts.some((text) => UNSTRIPPED.test(withoutModules(text)))) {
    problems.push('what every page loads has comments or indentation of shaders in it');
  }
  const total = texts.reduce((sum, text) => sum + gzipped(text), 0);
  const line = `page: ${total} bytes gzipped of ${BUDGET}, from a bundler, without the dispatcher and what is for tests`;
  console.log(line);
  if (total > BUDGET) problems.push(line);
  return problems;
}

/**
 * What Rollup, Vite's bundler, makes of a page that uses all that a module exports, but for what is apart: the chunks that are
 * loaded at once. (esbuild joins wisdom to them, whether or not the page uses it.)
 */
async function bundled(entry) {
  const page = '\0page';
  const path = resolve(entry);
  const names = Object.keys(await import(pathToFileURL(path).href)).filter((name) => !APART.test(name));
  const {sideEffects} = JSON.parse(await readFile('package.json', 'utf8'));
  const effects = sideEffects.map((glob) => new RegExp(`^${resolve(glob).replace('*', '[^/]*')}$`));
  const bundle = await rollup({
    input: page,
    external: /^(?:@tensorflow\/.*|webgpu)$/,
    plugins: [
      {
        name: 'page',
        resolveId(id, importer) {
          if (id === page) return id;
          const file = resolve(importer === page ? '' : dirname(importer), id);
          return {id: file, moduleSideEffects: effects.some((effect) => effect.test(file))};
        },
        load: (id) => (id === page ? `export {${names.join(', ')}} from ${JSON.stringify(path)};` : null),
        renderChunk: (code) => esbuild.transform(code, {format: 'esm', minify: true}),
      },
    ],
  });
  const {output} = await bundle.generate({format: 'es'});
  await bundle.close();
  const loaded = new Set();
  const load = (name) => {
    const chunk = output.find(({fileName}) => fileName === name);
    if (!chunk || loaded.has(chunk)) return;
    loaded.add(chunk);
    chunk.imports.forEach(load);
  };
  load(output.find(({isEntry}) => isEntry).fileName);
  return [...loaded].map(({code}) => code);
}

/** A module and what it imports statically, with their texts. */
async function loadedWith(entry, found = new Map()) {
  const text = await readFile(entry, 'utf8');
  found.set(entry, text);
  for (const [, specifier] of text.matchAll(/\b(?:import|from)"(\.[^"]+)"/g)) {
    const file = join(entry, '..', specifier);
    if (!found.has(file)) await loadedWith(file, found);
  }
  return found;
}

/** Without the WebAssembly, which is text of no language. */
function withoutModules(text) {
  return text.replace(/"[^"\n]{1000,}"|'[^'\n]{1000,}'/g, '');
}

function gzipped(text) {
  return gzipSync(text, {level: 9}).length;
}
