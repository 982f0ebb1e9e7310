import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {build} from 'esbuild';
import {open} from '../hosts/browser';
import {unpackedChromium} from '../hosts/chromium';
import {describeWithTfjsNode, TFJS_NODE} from '../hosts/tfjs_node';
import {swiftShaderDriver} from '../hosts/unpacked';
import type {Functions} from '../pages/matrix';
import type {Findings, Plan, Step} from './matrix_program';

/**
 * No route makes a program throw, or give other numbers, that ran before: on each backend, with tfjs's flags set, and
 * whatever is loaded first. In Node of the built package, in processes of their own, since what is loaded stays loaded.
 */
const ORDERS: Record<string, Step[]> = {
  'this package first': ['ours', 'core', 'backends', 'union', 'install'],
  'this package last': ['core', 'backends', 'union', 'ours', 'install'],
  'installed before all else': ['ours', 'install', 'union', 'backends', 'core'],
  'installed between': ['core', 'ours', 'backends', 'install', 'union'],
};
const FLAGS: Record<string, boolean>[] = [
  {DEBUG: true},
  {IS_TEST: true},
  {PROD: true},
  {KEEP_INTERMEDIATE_TENSORS: true},
];

let program: string;
beforeAll(async () => {
  const {outputFiles} = await build({
    entryPoints: ['spec/install/matrix_program.ts'],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  program = outputFiles[0]!.text;
});

async function findingsOf(plan: Omit<Plan, 'tfjsNode'>, env = process.env): Promise<Findings> {
  const argument = JSON.stringify({...plan, tfjsNode: TFJS_NODE});
  const {stdout} = await promisify(execFile)(process.execPath, ['-e', program, argument], {maxBuffer: 1 << 24, env});
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

function expectNoDifference(findings: Findings) {
  for (const [name, {ways, differ}] of Object.entries(findings)) {
    expect([name, differ]).toEqual([name, []]);
    // tfjs's own leaks are errors with IS_TEST
    expect([name, ways >= (name.includes('IS_TEST') ? 24 : 28)]).toEqual([name, true]);
  }
}

describe('cpu and wasm', () => {
  const backends = ['cpu', 'wasm'];
  test.each(Object.entries(ORDERS))('%s', async (_, order) => {
    const findings = await findingsOf({order, backends, flags: [{}]});
    expect(Object.keys(findings)).toEqual(['cpu, {}', 'wasm, {}']);
    expectNoDifference(findings);
  });

  test('with flags', async () => {
    expectNoDifference(await findingsOf({order: ORDERS['this package last']!, backends, flags: FLAGS}));
  });
});

describeWithTfjsNode('tensorflow', () => {
  test('installed between, and with flags', async () => {
    const [order, backends] = [ORDERS['installed between']!, ['tensorflow']];
    expectNoDifference(await findingsOf({order, backends, flags: [{}, ...FLAGS]}));
  });
});

test('webgpu, this package first', async () => {
  const [order, backends] = [ORDERS['this package first']!, ['webgpu']];
  const env = {...process.env, LD_LIBRARY_PATH: await unpackedChromium(), VK_ICD_FILENAMES: swiftShaderDriver()};
  expectNoDifference(await findingsOf({order, backends, flags: [{}]}, env));
});

test('webgl, of the sources', async () => {
  const page = await open<Functions>({entry: 'spec/pages/matrix.ts'});
  try {
    expectNoDifference({webgl: await page.run('differences', undefined)});
  } finally {
    await page.close();
  }
});
