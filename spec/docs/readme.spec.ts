import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Browser} from 'playwright-core';
import {softmax, softmaxProduct} from '../../kernels/reference';
import {launch} from '../hosts/browser';
import {Workplace} from '../package/install';
import {textOf} from '../package/site';
import {stepsOf} from '../package/steps';

/** Who follows the README in an empty folder: every command and every block of code, with the packed package. */

let workplace: Workplace;
let browser: Browser;

beforeAll(async () => {
  workplace = await Workplace.open();
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
async function follow(heading: string): Promise<{printed: Map<string, string>; files: string[]}> {
  const printed = new Map<string, string>();
  const files: string[] = [];
  for (const step of stepsOf('README.md', heading)) {
    if ('command' in step) {
      printed.set(step.command, await workplace.succeed('sh', ['-c', step.command]));
    } else {
      if (step.file === null) throw new Error(`README.md, ${heading}: no name for the file of\n${step.code}`);
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

test('Quick start: a chosen backend, a softmax, a gradient, and tf.softmax on these kernels', async () => {
  const {printed, files} = await follow('Quick start');
  expect([...printed.keys()]).toEqual([expect.stringMatching(/^npm install tfjs-softmax /), 'node first.mjs']);
  expect(files).toEqual(['first.mjs']);
  const output = printed.get('node first.mjs')!;
  expect(output).toMatch(/^(cpu|wasm): (the fastest, as measured|as fast as)/m);
  expectClose(numbersIn(output), [
    ...softmax([0.5, 1, 1.5]),
    ...softmax([0.5, 1, 150]),
    ...softmaxProduct(softmax([1, 2, 3]), [1, 0, 0]),
    ...softmax([1, 2, 3]),
  ]);
});

test('Where it runs: a page with an import map, CommonJS, and a host that compiles imports', async () => {
  const {printed, files} = await follow('Where it runs');
  expect([...printed.keys()]).toEqual(['npm install tfjs-softmax @tensorflow/tfjs', 'node first.cjs']);
  expectClose(numbersIn(printed.get('node first.cjs')!), softmax([1, 2, 3]));

  expect(files).toEqual(['index.html', 'first.cjs', 'edge.mjs']);
  browser = await launch();
  const text = await textOf(browser, workplace.folder, 'index.html');
  expectClose(text.split(' ').map(Number), softmax([1, 2, 3]));

  const edge = await workplace.succeed(process.execPath, ['--import', COMPILES_IMPORTS, 'edge.mjs']);
  expect(edge).toContain('WebAssembly (precompiled)');
});

test('Choosing a backend: the doctor', async () => {
  expect(stepsOf('README.md', 'Choosing a backend')).toContainEqual({command: 'npx tfjs-softmax doctor'});
  const output = await workplace.succeed('npx', ['tfjs-softmax', 'doctor']);
  expect(output).toMatch(/│ cpu +│ .*PASS/);
  expect(output).toMatch(/│ wasm +│ .*PASS/);
});
