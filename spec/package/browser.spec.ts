import {join} from 'node:path';
import {build} from 'esbuild';
import type {Browser} from 'playwright-core';
import {launch} from '../hosts/browser';
import {Workplace} from './install';
import {expectRight, type Result} from './results';
import {resultOf} from './site';

/** The packed package, installed by npm into projects that run in a browser. */

const WASM = /^WebAssembly \((simd|relaxed)\), in place/;
const STAGED = /^WebAssembly, on copies in its own memory/;
const SHADERS = /^WebGL 2 shaders on float32 textures/;

let workplace: Workplace;
let browser: Browser;

beforeAll(async () => {
  workplace = await Workplace.open();
  const backends = ['cpu', 'wasm', 'webgl'].map((name) => `@tensorflow/tfjs-backend-${name}`);
  await workplace.install('tfjs-softmax', '@tensorflow/tfjs', ...backends);
  workplace.add('use.mjs');
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  workplace?.close();
});

function expectAllRight([cpu, wasm, webgl, ...others]: Result[]): void {
  expectRight(cpu!, 'cpu', STAGED);
  expectRight(wasm!, 'wasm', WASM);
  expectRight(webgl!, 'webgl', SHADERS);
  expect(others).toEqual([]);
}

/** `vite build`, as the project's own script would call it. @returns the folder with the site */
async function viteBuild(project: string): Promise<string> {
  const vite = join(require.resolve('vite/package.json'), '../bin/vite.js');
  await workplace.succeed(process.execPath, [vite, 'build', workplace.add(project), '--logLevel', 'warn']);
  return join(workplace.folder, project, 'dist');
}

/** @returns the bundle */
async function esbuildBundle(project: string, external: string[] = []): Promise<string> {
  const folder = workplace.add(project);
  const outfile = join(folder, 'bundle.mjs');
  await build({
    entryPoints: [join(folder, 'main.js')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    minify: true,
    outfile,
    external,
    logLevel: 'silent',
  });
  return outfile;
}

test('a Vite app', async () => {
  const {result, loaded} = await resultOf<Result[]>(browser, await viteBuild('vite'), 'index.html');
  expectAllRight(result);
  // The dispatcher is a chunk of its own, loaded on first use.
  expect(loaded.filter((url) => /dispatcher.*\.js$/.test(url))).toHaveLength(1);
});

test('a Vite app in a cross-origin isolated page, as docs/where-it-runs.md configures it', async () => {
  workplace.add('vite');
  const headers = {'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp'};
  const {result, loaded} = await resultOf<Result[]>(browser, await viteBuild('vite_isolated'), 'index.html', headers);
  expectRight(result[1]!, 'wasm', /^WebAssembly \((simd|relaxed)\), in place on tfjs's memory, on up to 2 threads/);
  expect(loaded.filter((url) => /threaded-simd.*\.wasm$/.test(url))).not.toEqual([]);
});

test("a Vite app that selects a backend for its model: at three loads the model's fastest one", async () => {
  interface Selected {
    best: string;
    active: string;
    candidates: {backend: string; out: string | null; late: string | null}[];
    times: Record<string, number>;
    text: string;
  }
  const site = await viteBuild('vite_selection');
  for (let load = 0; load < 3; load++) {
    const {result} = await resultOf<Selected>(browser, site, 'index.html');
    const {best, active, candidates, times, text} = result;
    expect(active).toBe(best);
    // Fastest by the page's own stopwatch, or as good.
    const [fastest] = Object.keys(times).sort((a, b) => times[a]! - times[b]!);
    if (times[best]! > 1.5 * times[fastest!]!) throw new Error(`${JSON.stringify(times)}\n${text}`);
    expect(candidates.map(({out, late}) => out ?? late)).toEqual([null, null, null]);
    expect(text).toContain("for the function's whole run.");
  }
});

test('a module worker, built by Vite', async () => {
  const {result} = await resultOf<Result[]>(browser, await viteBuild('web_worker'), 'index.html');
  expectAllRight(result);
});

test('a service worker', async () => {
  await esbuildBundle('service_worker');
  const {result} = await resultOf<Result[]>(browser, workplace.folder, 'service_worker/index.html');
  expectRight(result[0]!, 'cpu', STAGED);
});

test('a bundle by esbuild', async () => {
  await esbuildBundle('esbuild');
  const {result} = await resultOf<Result[]>(browser, workplace.folder, 'esbuild/index.html');
  expectAllRight(result);
});

test.each([
  ['Vite', async () => join(await viteBuild('tree_shaking'), 'bundle.mjs')],
  ['esbuild', () => esbuildBundle('tree_shaking', ['@tensorflow/tfjs-core'])],
])('%s keeps what importing does, where nothing is used by name', async (_bundler, bundle) => {
  const registered = JSON.parse(await workplace.succeed(process.execPath, [await bundle()]));
  expect(registered).toEqual({backends: ['cpu', 'wasm', 'webgl'], gradient: true});
});

test('a page with an import map and no build step, with the union package', async () => {
  workplace.add('import_map');
  const {result, loaded} = await resultOf<Result[]>(browser, workplace.folder, 'import_map/index.html');
  const [cpu, webgl] = result;
  expectRight(cpu!, 'cpu', STAGED);
  expectRight(webgl!, 'webgl', SHADERS);
  expect(loaded).toContain('/node_modules/tfjs-softmax/dist/index.mjs');
});

describe('a content security policy', () => {
  beforeAll(() => esbuildBundle('content_security_policy'));

  const resultsUnder = async (scripts: string, query: string) => {
    const headers = {'Content-Security-Policy': `default-src 'self'; script-src 'self' ${scripts}`};
    const page = `content_security_policy/index.html${query}`;
    return (await resultOf<Result[]>(browser, workplace.folder, page, headers)).result;
  };

  test('without unsafe-eval and wasm-unsafe-eval: plain TypeScript, and the report says why', async () => {
    const [cpu] = await resultsUnder('', '');
    expectRight(cpu!, 'cpu', /^plain TypeScript in double precision: .*unsafe-eval/);
  });

  test('with wasm-unsafe-eval: WebAssembly', async () => {
    const [cpu, wasm] = await resultsUnder("'wasm-unsafe-eval'", '?wasm');
    expectRight(cpu!, 'cpu', STAGED);
    expectRight(wasm!, 'wasm', WASM);
  });
});
