import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Browser} from 'playwright-core';
import {softmax} from '../../kernels/reference';
import {launch} from '../hosts/browser';
import {Workplace} from '../package/install';
import {textOf} from '../package/site';
import {type Step, stepsOf} from '../package/steps';

/** Who follows the README, docs/where-it-runs.md and examples/ in an empty folder, with the packed package. */

let workplace: Workplace;
let browser: Browser;

beforeAll(async () => {
  workplace = await Workplace.open();
  await workplace.install('tfjs-softmax', '@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm');
});
afterAll(async () => {
  await browser?.close();
  workplace?.close();
});

/** Node as an edge runtime would be: importing a .wasm file gives the compiled module. */
const COMPILES_IMPORTS = `data:text/javascript,${encodeURIComponent(`
  import {register} from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(\`
    export const load = (url, context, next) => url.endsWith('.wasm')
      ? {format: 'module', shortCircuit: true, source:
          "import {readFileSync} from 'node:fs'; export default new WebAssembly.Module(readFileSync(new URL('" + url + "')))"}
      : next(url, context);
  \`));
`)}`;

/** Follows a section. @returns what each command printed, by command, and the files that were saved */
async function follow(page: string, heading: string): Promise<{printed: Map<string, string>; files: string[]}> {
  const printed = new Map<string, string>();
  const files: string[] = [];
  for (const step of stepsOf(page, heading)) {
    if ('command' in step) {
      printed.set(step.command, await workplace.succeed('sh', ['-c', step.command]));
    } else {
      if (step.file === null) throw new Error(`${page}, ${heading}: no name for the file of\n${step.code}`);
      writeFileSync(join(workplace.folder, step.file), step.code);
      files.push(step.file);
    }
  }
  return {printed, files};
}

/** The numbers of all tensors that were printed. */
function numbersIn(output: string): number[] {
  const tensors = output.slice(output.indexOf('Tensor'));
  return Array.from(tensors.matchAll(/-?\d+(?:\.\d+)?(?:e-?\d+)?/g), ([number]) => Number(number));
}

/** print() shows seven digits. */
function expectClose(actual: number[], exact: ArrayLike<number>): void {
  expect(actual).toHaveLength(exact.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(exact[i]!, 6);
  });
}

/** Runs the one block of code in a section, which is a program for Node. */
function runBlock(heading: string): Promise<string> {
  const blocks = stepsOf('README.md', heading).filter((step): step is Extract<Step, {code: string}> => 'code' in step);
  expect(blocks).toHaveLength(1);
  writeFileSync(join(workplace.folder, 'block.mjs'), blocks[0]!.code);
  return workplace.succeed(process.execPath, ['block.mjs']);
}

describe('README.md', () => {
  test('Quick start: tf.softmax on the kernels of this package', async () => {
    const {printed, files} = await follow('README.md', 'Quick start');
    expect([...printed.keys()]).toEqual([expect.stringMatching(/^npm install tfjs-softmax /), 'node first.mjs']);
    expect(files).toEqual(['first.mjs']);
    expectClose(numbersIn(printed.get('node first.mjs')!), softmax([1, 2, 3]));
  });

  test('Try it from a clone: the commands are those of CI', () => {
    const ci = readFileSync('.ci/run', 'utf8');
    const commands = stepsOf('README.md', 'Try it from a clone').map((step) => 'command' in step && step.command);
    expect(commands).toEqual(['npm ci && npm start', 'npm ci && npm test']);
    for (const command of ['npm ci ', 'npm test ', 'npm start ']) expect(ci).toContain(command);
  });

  test('Check your gradients', async () => {
    expect(await runBlock('Check your gradients')).toContain('true\n');
  });

  test('Choose a backend: of a model, and the doctor', async () => {
    expect(await runBlock('Choose a backend')).toMatch(/^\* +(cpu|wasm) /m);
    expect(stepsOf('README.md', 'Choose a backend')).toContainEqual({command: 'npx tfjs-softmax doctor'});
    const output = await workplace.succeed('npx', ['tfjs-softmax', 'doctor']);
    expect(output).toMatch(/│ cpu +│ .*PASS/);
    expect(output).toMatch(/│ wasm +│ .*PASS/);
  });

  test('How fast: the benchmark', async () => {
    expect(stepsOf('README.md', 'How fast')).toContainEqual({command: 'npx tfjs-softmax bench --quick'});
    // One case of it: the spec of the command runs them all.
    const one = ['--op', 'softmax', '--shape', '1x4', '--backend', 'wasm', '--seconds', '0.1'];
    const output = await workplace.succeed('npx', ['tfjs-softmax', 'bench', '--quick', ...one]);
    expect(output).toContain('report.html');
  });

  test('it has at most 200 lines', () => {
    expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThanOrEqual(201);
  });
});

describe('docs/where-it-runs.md', () => {
  const PAGE = 'docs/where-it-runs.md';

  test('Node: ES modules and CommonJS', async () => {
    const {printed, files} = await follow(PAGE, 'Node');
    expect(files).toEqual(['first.mjs', 'first.cjs']);
    for (const file of files) expectClose(numbersIn(printed.get(`node ${file}`)!), softmax([1, 2, 3]));
  });

  test("Bundlers: the lines for tfjs's wasm backend, and the configuration, are those of tested Vite apps", () => {
    const blocks = stepsOf(PAGE, 'Bundlers').map((step) => ('code' in step ? step.code : 'no block'));
    const [app, configuration] = ['vite/main.js', 'vite_isolated/vite.config.js'].map((file) =>
      readFileSync(join('spec/package/projects', file), 'utf8'),
    );
    for (const line of blocks[0]!.split('\n')) expect(app).toContain(line);
    expect(blocks[1]!.trim()).toBe(configuration!.trim());
  });

  test('a page without a bundler', async () => {
    const {files} = await follow(PAGE, 'A page without a bundler');
    expect(files).toEqual(['index.html']);
    browser = await launch();
    const text = await textOf(browser, workplace.folder, 'index.html');
    expectClose(text.split(' ').map(Number), softmax([1, 2, 3]));
  });

  test('Edge runtimes: a host that compiles imports', async () => {
    const {files} = await follow(PAGE, 'Edge runtimes');
    expect(files).toEqual(['edge.mjs']);
    const edge = await workplace.succeed(process.execPath, ['--import', COMPILES_IMPORTS, 'edge.mjs']);
    expect(edge).toContain('WebAssembly (precompiled)');
  });
});

/** Each runs where it lies in the installed package, and prints the comments at its end. */
describe('examples/', () => {
  const programs = readdirSync('examples').filter((name) => name.endsWith('.mjs'));

  test('there are some, and README names each', () => {
    expect(programs.length).toBeGreaterThanOrEqual(5);
    const readme = readFileSync('README.md', 'utf8');
    expect(programs.filter((name) => !readme.includes(`(examples/${name})`))).toEqual([]);
  });

  test.each(programs)('%s', async (name) => {
    const [, comments] = /\n((?:\/\/ .*\n)+)$/.exec(readFileSync(join('examples', name), 'utf8'))!;
    const output = await workplace.succeed(process.execPath, [`node_modules/tfjs-softmax/examples/${name}`]);
    expect(output.trim().split('\n')).toEqual(Array.from(comments!.matchAll(/^\/\/ (.*)$/gm), ([, line]) => line));
  });
});
