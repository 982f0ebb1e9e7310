import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {refuseTwins} from '../../benchmarks/peers/apart/proof';
import type {Report} from '../../benchmarks/suite/report';

/**
 * Peers are what they say. One process that has two runtimes of ONNX runs the first of them under both names, which once
 * put a false column into the README; here that is planted, with packages made for it, and has to be refused.
 */
let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'tfjs-softmax-peers-'));
  mkdirSync(join(project, 'node_modules/@tensorflow'), {recursive: true});
  for (const name of ['tfjs-backend-cpu', 'tfjs-layers']) {
    symlinkSync(resolve('node_modules/@tensorflow', name), join(project, 'node_modules/@tensorflow', name));
  }
});
afterEach(() => rmSync(project, {recursive: true}));

function plant(name: string, code: string): void {
  const folder = join(project, 'node_modules', name);
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, 'package.json'), JSON.stringify({name, version: '9.9.9', main: 'index.cjs'}));
  writeFileSync(join(folder, 'index.cjs'), code);
}

/** Rows of softmax, whose exponentials are rounded to so many bits: what tells one implementation from another. */
const SOFTMAX = `
  const rounded = (x, bits) => Math.round(x * 2 ** bits) / 2 ** bits;
  function softmax(x, n, bits) {
    const out = new Float32Array(x.length);
    for (let at = 0; at < x.length; at += n) {
      const row = x.subarray(at, at + n);
      const top = row.reduce((a, b) => Math.max(a, b));
      const e = Array.from(row, (v) => rounded(Math.exp(v - top), bits));
      const sum = e.reduce((a, b) => a + b);
      out.set(e.map((v) => v / sum), at);
    }
    return out;
  }`;

/** A runtime of ONNX for softmax; `start` is what it does to compute. */
const onnx = (versions: string, bits: number, start = '') => `${SOFTMAX}
  ${start}
  class Tensor { constructor(type, data, dims) { this.data = data; this.dims = dims; } }
  const InferenceSession = {create: async () => ({
    run: async ({x}) => ({y: {data: softmax(x.data, x.dims[1], ${bits})}}),
    release: async () => {},
  })};
  module.exports = {Tensor, InferenceSession, env: {wasm: {}, versions: ${versions}}};`;
const WEB = onnx(
  "{common: '9.9.9', web: '9.9.9'}",
  40,
  'new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));',
);

const jax = (bits: number) => `${SOFTMAX}
  const array = (values, shape = [values.length]) => ({
    values, shape, device: 'wasm', dispose() {}, get ref() { return this; },
    reshape: (to) => array(values, to), blockUntilReady: async function () { return this; }, data: async () => values,
  });
  module.exports = {
    init: async () => ['wasm'], defaultDevice: () => 'wasm', jit: (f) => f, numpy: {array: (v) => array(v)},
    nn: {softmax: (x) => array(softmax(x.values, x.shape[1], ${bits}), x.shape)},
  };`;
const transformers = (bits: number) => `${SOFTMAX}
  module.exports = {softmax: (row) => softmax(row, row.length, ${bits})};`;

async function bench(env: Record<string, string> = {}, cwd = project): Promise<Report> {
  const args = ['bench', '--backend', 'cpu', '--op', 'softmax', '--shape', '4x300', '--seconds', '0.05'];
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...args, '--output', join(project, 'out')], {
    ...{cwd, env: {...process.env, ...env}},
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(output);
  return JSON.parse(readFileSync(join(project, 'out/report.json'), 'utf8')) as Report;
}

const shown = ({cases}: Report) => cases.flatMap(({entries}) => entries.map(({peer}) => peer));
const reasonFor = ({missing}: Report, peer: string) => missing.find(({name}) => name === peer)?.reason;

it('each peer that proves itself is shown, with its package, provider, process and rounding', async () => {
  plant('onnxruntime-web', WEB);
  plant('@jax-js/jax', jax(41));
  plant('@huggingface/transformers', transformers(42));
  const report = await bench();
  expect(shown(report)).toEqual(['ours', 'stock', 'textbook', 'copy', 'onnxruntime-web', 'jax-js', 'transformers.js']);
  const [onnxruntime, ...others] = report.peers;
  expect(onnxruntime).toMatchObject({package: 'onnxruntime-web', version: '9.9.9', provider: 'wasm, 1 thread'});
  expect(new Set([onnxruntime, ...others].map((peer) => peer!.ran)).size).toBe(3);
  expect(new Set([onnxruntime, ...others].map((peer) => peer!.rounding)).size).toBe(3);
  expect(report.cases[0]!.entries.map(({peer, fault, ratio}) => [peer, fault, ratio !== null])).toContainEqual([
    ...['jax-js', null, true],
  ]);
});

it('a package that runs another runtime, as two in one process do, is refused', async () => {
  plant('onnxruntime-web', WEB);
  plant(
    'onnxruntime-node',
    `const web = require('onnxruntime-web'); web.env.versions.node = '9.9.9'; module.exports = web;`,
  );
  const report = await bench();
  expect(shown(report)).toContain('onnxruntime-web');
  expect(shown(report)).not.toContain('onnxruntime-node');
  expect(reasonFor(report, 'onnxruntime-node')).toMatch(/another runtime of ONNX is loaded in its process/);
});

it('a package that claims the version of another and computes by other means is refused', async () => {
  plant('onnxruntime-node', onnx("{common: '9.9.9', node: '9.9.9'}", 43));
  plant('onnxruntime-web', onnx("{common: '9.9.9', web: '9.9.9'}", 44));
  const report = await bench();
  expect(reasonFor(report, 'onnxruntime-node')).toMatch(/its native library is not loaded/);
  expect(reasonFor(report, 'onnxruntime-web')).toMatch(/no WebAssembly ran in its process/);
});

it('two whose results are the same bit for bit are refused, both', async () => {
  plant('@jax-js/jax', jax(41));
  plant('@huggingface/transformers', transformers(41));
  const report = await bench();
  expect(shown(report)).toEqual(['ours', 'stock', 'textbook', 'copy']);
  expect(reasonFor(report, 'jax-js')).toMatch(/its results are those of transformers\.js bit for bit/);
  expect(reasonFor(report, 'transformers.js')).toMatch(/its results are those of jax-js bit for bit/);
});

it('one that dies while it is timed is marked, and ends nothing else', async () => {
  plant(
    '@huggingface/transformers',
    `let calls = 0; ${transformers(42)}
    const {softmax: f} = module.exports;
    module.exports.softmax = (row) => { if (calls++ > 200) process.exit(3); return f(row); };`,
  );
  const [{entries}] = (await bench()).cases as [Report['cases'][number]];
  const fault = entries.find(({peer}) => peer === 'transformers.js')?.fault;
  expect(fault).toMatchObject({
    mark: 'failed',
    reason: expect.stringContaining('the process of transformers.js ended by code 3'),
  });
  expect(entries.find(({peer}) => peer === 'stock')!.ratio).toBeGreaterThan(0);
});

it('a peer that rounds as ours or as stock does is refused alone', () => {
  const peer = {name: 'x', package: 'x', version: '1', provider: 'cpu', ran: 'process 1', rounding: 'abc'};
  const {genuine, refused} = refuseTwins(
    [peer, {...peer, name: 'y', rounding: 'def'}],
    [{name: 'stock on wasm', rounding: 'abc'}],
  );
  expect(genuine.map(({name}) => name)).toEqual(['y']);
  expect(refused).toEqual([{name: 'x', reason: expect.stringContaining('those of stock on wasm bit for bit')}]);
});

// With the real ones, where npm run setup:bench-peers has got them.
const REAL = resolve('.cache/bench-peers/node_modules/onnxruntime-web');
if (existsSync(REAL)) {
  it('the real onnxruntime-node proves itself, and is refused once onnxruntime-web is loaded before it', async () => {
    const here = dirname(resolve('package.json'));
    const alone = await bench({}, here);
    expect(alone.peers.find(({name}) => name === 'onnxruntime-node')).toMatchObject({
      provider: expect.stringMatching(/^cpu.*\.node$/),
    });
    const preload = join(project, 'preload.cjs');
    writeFileSync(preload, `if (process.argv[1]?.includes('bench-peer')) require(${JSON.stringify(REAL)});`);
    const collided = await bench({NODE_OPTIONS: `--require ${preload}`}, here);
    expect(shown(collided)).not.toContain('onnxruntime-node');
    expect(reasonFor(collided, 'onnxruntime-node')).toMatch(/another runtime of ONNX is loaded/);
  });
}
