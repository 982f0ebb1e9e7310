import {cpSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {build} from 'esbuild';
import type {Report} from '../../benchmarks/suite/report';
import {findChromium} from '../hosts/chromium';
import {Workplace} from './install';
import {expectRight, type Result} from './results';

/** The packed package, installed by npm into projects that run in Node. */

const WASM = /^WebAssembly \((simd|relaxed)\), in place/;
const STAGED = /^WebAssembly, on copies in its own memory/;

let workplace: Workplace;

async function resultsOf(program: string): Promise<Result[]> {
  return JSON.parse(await workplace.succeed(process.execPath, [program]));
}

beforeAll(async () => {
  workplace = await Workplace.open();
  await workplace.install('tfjs-softmax', '@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm');
  workplace.add('use.mjs');
});
afterAll(() => workplace?.close());

test.each([
  ['ES modules', 'node_esm', 'main.mjs'],
  ['CommonJS', 'node_commonjs', 'main.cjs'],
  ['a worker thread', 'node_worker', 'main.mjs'],
])('%s', async (_name, project, program) => {
  const [cpu, wasm, ...others] = await resultsOf(join(workplace.add(project), program));
  expectRight(cpu!, 'cpu', STAGED);
  expectRight(wasm!, 'wasm', WASM);
  expect(others).toEqual([]);
});

test('the union package', async () => {
  const [cpu] = await resultsOf(join(workplace.add('union_package'), 'main.mjs'));
  expectRight(cpu!, 'cpu', STAGED);
});

test('two copies of tfjs-core: they share one engine, and all works across', async () => {
  const project = workplace.add('two_copies');
  const core = 'node_modules/@tensorflow/tfjs-core';
  cpSync(join(workplace.folder, core), join(project, core), {recursive: true});
  const [result] = await resultsOf(join(project, 'main.mjs'));
  expect(result).toMatchObject({copies: 2});
  expectRight(result!, 'cpu', STAGED);
});

test('a host that compiles only what is imported: plain TypeScript, and WebAssembly once it is handed in', async () => {
  const [without, handedIn] = await resultsOf(join(workplace.add('precompiled'), 'main.mjs'));
  expectRight(without!, 'cpu', /^plain TypeScript.*Wasm code generation disallowed by embedder/);
  expectRight(handedIn!, 'cpu', /^WebAssembly \(precompiled\), on copies in its own memory/);
});

describe('the kernels', () => {
  const FILE = 'node_modules/tfjs-softmax/dist/kernels.wasm';
  let program: string;
  let file: Buffer;
  let fromFile: Buffer;

  /** @returns the WebAssembly that a program compiles, with which it computes right */
  const compiledBy = async (...args: string[]): Promise<Buffer> => {
    const {compiled, check, runs} = JSON.parse(await workplace.succeed(process.execPath, args));
    expect(check).toBe('PASS');
    expect(runs).toMatch(STAGED);
    return Buffer.from(compiled, 'base64');
  };
  /** What the file alone has: a custom section, at its end. */
  const labelOf = (bytes: Buffer) =>
    /tfjs-softmax(?<label>simd unshared \S+)$/.exec(bytes.toString('latin1'))?.groups?.label;

  beforeAll(async () => {
    program = join(workplace.add('kernels_file'), 'main.cjs');
    file = readFileSync(join(workplace.folder, FILE));
    fromFile = await compiledBy(program);
  });
  afterEach(() => writeFileSync(join(workplace.folder, FILE), file));

  test('are a file', () => {
    expect(labelOf(fromFile)).toBeDefined();
    expect(fromFile).toHaveLength(file.length);
  });

  const bundle = async (format: 'cjs' | 'esm') => {
    const outfile = join(workplace.folder, `bundle.${format === 'cjs' ? 'cjs' : 'mjs'}`);
    const banner = {
      js: format === 'cjs' ? '' : "import {createRequire} from 'node:module';const require = createRequire('/');",
    };
    await build({entryPoints: [program], bundle: true, platform: 'node', format, outfile, banner, logLevel: 'error'});
    return [outfile];
  };
  test.each([
    [
      'there is no such file',
      () => {
        rmSync(join(workplace.folder, FILE));
        return [program];
      },
    ],
    [
      'the file is of another version',
      () => {
        const other = file.toString('latin1').replace(/(?<=unshared )\S+$/, (version) => version.replace(/./g, '9'));
        writeFileSync(join(workplace.folder, FILE), other, 'latin1');
        return [program];
      },
    ],
    ['there are no files at all', () => [program, 'no files']],
    ['it is bundled as CommonJS', () => bundle('cjs')],
    ['it is bundled as an ES module', () => bundle('esm')],
  ])('are the same, and text, where %s', async (_why, prepare) => {
    const fromText = await compiledBy(...(await prepare()));
    expect(labelOf(fromText)).toBeUndefined();
    expect(fromFile.subarray(0, fromText.length).equals(fromText)).toBe(true);
  });
});

test.each(['node16', 'bundler'])('TypeScript with moduleResolution %s', async (resolution) => {
  const project = workplace.add('typescript');
  const compiler = require.resolve('typescript/bin/tsc');
  const listed = await workplace.succeed(process.execPath, [
    ...[compiler, '-p', join(project, `tsconfig.${resolution}.json`), '--listFiles'],
  ]);
  expect(listed).toContain(join(workplace.folder, 'node_modules/tfjs-softmax/dist/index.d.mts'));
  if (resolution === 'node16') expect(listed).toContain('tfjs-softmax/dist/index.d.cts');
});

test('the build for Node exports what the one for pages does, and so does the one for CommonJS', async () => {
  const program = `
      import {createRequire} from 'node:module';
      const names = async (file) => Object.keys(await import(file)).sort();
      const dist = import.meta.resolve('tfjs-softmax').replace(/[^/]+$/, '');
      const commonjs = Object.keys(createRequire(import.meta.url)('tfjs-softmax')).sort();
      console.log(JSON.stringify([await names('tfjs-softmax'), await names(dist + 'index.mjs'), commonjs]));
    `;
  const args = ['--input-type=module', '-e', program];
  const [node, page, commonjs] = JSON.parse(await workplace.succeed(process.execPath, args));
  expect(node).toContain('softmax');
  expect(page).toEqual(node);
  expect(commonjs).toEqual(node);
});

test('who imports and who requires it in Node share one copy', async () => {
  const program = `
    import {createRequire} from 'node:module';
    import * as imported from 'tfjs-softmax';
    const required = createRequire(import.meta.url)('tfjs-softmax');
    console.log(Object.keys(imported).filter((name) => imported[name] !== required[name]).length);
  `;
  const args = ['--input-type=module', '-e', program];
  expect(await workplace.succeed(process.execPath, args)).toBe('0\n');
});

test('no source maps are published, and no file asks for one', async () => {
  const {stdout} = await workplace.run('grep', ['-rl', 'sourceMappingURL=', 'node_modules/tfjs-softmax/dist']);
  expect(stdout).toBe('');
  expect(await workplace.succeed('find', ['node_modules/tfjs-softmax', '-name', '*.map'])).toBe('');
});

test('an uncaught error shows its message, not pages of code', async () => {
  const program = "import {softmax} from 'tfjs-softmax'; softmax('text')";
  const {stderr} = await workplace.run(process.execPath, ['--input-type=module', '-e', program]);
  expect(stderr).toContain("Error: softmax: logits is or holds 'text'");
  const lines = stderr.split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1000);
});

test('bench --browser: its page in a browser that is on the PATH, with the tfjs that is installed', async () => {
  const {executablePath, env} = await findChromium();
  const browser = join(workplace.folder, 'google-chrome');
  const libraries = `LD_LIBRARY_PATH='${env.LD_LIBRARY_PATH ?? ''}' FONTCONFIG_FILE='${env.FONTCONFIG_FILE ?? ''}'`;
  writeFileSync(browser, `#!/bin/sh\n${libraries} exec '${executablePath}' "$@"\n`, {mode: 0o755});
  const {PATH} = process.env;
  process.env.PATH = `${workplace.folder}:${PATH}`;
  try {
    const args = [
      'bench',
      '--browser',
      '--backend',
      'cpu',
      '--backend',
      'wasm',
      '--op',
      'gradSoftmax',
      '--shape',
      '3x40',
    ];
    const output = await workplace.succeed('npx', ['tfjs-softmax', ...args, '--seconds', '0.05']);
    expect(output).toMatch(
      /^tfjs-softmax \S+: starting a browser …\n2 cases, each measured in two halves\..*\n1 of 4, /,
    );
    expect(output).toContain('Missing: onnxruntime-web, jax-js, transformers.js. They are not installed: npm install');
  } finally {
    process.env.PATH = PATH;
  }
  const report = JSON.parse(readFileSync(join(workplace.folder, 'bench-report/report.json'), 'utf8')) as Report;
  expect(report.machine.runtime).toContain('Chrome');
  expect(report.cases.map(({backend}) => backend)).toEqual(['cpu', 'wasm']);
  for (const {entries} of report.cases) {
    expect(entries.map(({peer, fault}) => [peer, fault])).toEqual(
      ['ours', 'stock', 'textbook', 'copy'].map((peer) => [peer, null]),
    );
  }
});
