/**
 * Builds the benchmark's page into bench-page/: plain files that any web server or static host can serve, such as
 * `npx serve bench-page`. With COOP and COEP headers its clock is finer and WebAssembly has threads; without, samples are
 * longer. The libraries that it compares with are copied from where `npm run setup:bench-peers` puts them.
 */
import {cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import esbuild from 'esbuild';
import {copyPageFiles, pagePrograms} from './page_programs.mjs';

const OUT = 'bench-page';
const TFJS_WASM = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';
const PEERS = '.cache/bench-peers/node_modules';
const RESULTS = 'benchmarks/results';

rmSync(OUT, {recursive: true, force: true});
copyPageFiles(OUT);
cpSync('benchmarks/report/style.css', join(OUT, 'report.css'));
for (const file of readdirSync(TFJS_WASM).filter((name) => name.endsWith('.wasm')))
  copy(join(TFJS_WASM, file), join(OUT, 'wasm'));
await esbuild.build({...pagePrograms(OUT), bundle: true});

// What is written in TypeScript for all who need it.
const {LIBRARIES, machineName, readReport} = await importTypeScript(`
  export {LIBRARIES} from './benchmarks/peers/libraries';
  export {machineName} from './benchmarks/report/machine_name';
  export {readReport} from './benchmarks/report/read_report';`);

const libraries = LIBRARIES.filter(({pageFile}) => pageFile !== null).map(copyLibrary);
writeFileSync(join(OUT, 'libraries.json'), JSON.stringify(libraries));
const results = readdirSync(RESULTS).filter((name) => name.endsWith('.json'));
for (const name of results) copy(join(RESULTS, name), join(OUT, 'results'));
const known = results.map((name) => ({
  name: machineName(readReport(readFileSync(join(RESULTS, name), 'utf8'))),
  url: `results/${name}`,
}));
writeFileSync(join(OUT, 'results', 'index.json'), JSON.stringify(known));

const without = libraries.filter(({reason}) => reason).map(({name}) => name);
const lacks = without.length > 0 ? `; without ${without.join(', ')}, which npm run setup:bench-peers gets` : '';
console.log(`The page is in ${OUT}${lacks}.`);

function copyLibrary({name, package: own, pageFile, pageFiles}) {
  const from = join(PEERS, own);
  if (!existsSync(join(from, pageFile))) {
    const reason = 'the page was built without it: npm run setup:bench-peers, then npm run bench:page';
    return {name, package: own, reason};
  }
  const {version} = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  for (const file of [pageFile, ...pageFiles.flatMap((pattern) => filesOf(from, pattern))]) {
    copy(join(from, file), join(OUT, 'libraries', own, dirname(file)));
  }
  return {name, package: own, version, url: `libraries/${own}/${pageFile}`};
}

/** A file, or all of a folder with that ending: `dist/*.js`. */
function filesOf(from, pattern) {
  const [folder, ending] = pattern.split('/*');
  if (ending === undefined) return [pattern];
  return readdirSync(join(from, folder)).flatMap((name) => (name.endsWith(ending) ? [join(folder, name)] : []));
}

function copy(file, folder) {
  mkdirSync(folder, {recursive: true});
  cpSync(file, join(folder, basename(file)));
}

async function importTypeScript(contents) {
  const {outputFiles} = await esbuild.build({
    stdin: {contents, resolveDir: '.'},
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
