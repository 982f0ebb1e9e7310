import {execFile} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {promisify} from 'node:util';
import {enableWebGPU} from '../../../index';
import {unpackedChromium} from '../../hosts/chromium';
import {swiftShaderDriver} from '../../hosts/unpacked';

/** What a program of its own prints as JSON; the built package is what it imports. */
async function printed(program: string, env: Record<string, string> = {}, cwd = resolve('.')): Promise<unknown> {
  const around = `import {enableWebGPU, softmax} from 'tfjs-softmax';
    import * as tf from '@tensorflow/tfjs-core';
    const problem = (promise) => promise.then(() => 'none', (error) => error.message);
    console.log(JSON.stringify(await (async () => { ${program} })()));`;
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', around], {
    cwd,
    env: {PATH: process.env.PATH, ...env},
  });
  return JSON.parse(stdout);
}

let loader: string;
let driver: Record<string, string>;
beforeAll(async () => {
  loader = await unpackedChromium();
  driver = {LD_LIBRARY_PATH: loader, VK_ICD_FILENAMES: swiftShaderDriver()};
});

describe('in Node, by Dawn', () => {
  test("tfjs's webgpu backend runs, and a second call finds the same", async () => {
    const program = `
      const first = await enableWebGPU();
      await import('@tensorflow/tfjs-backend-webgpu');
      await tf.setBackend('webgpu');
      const values = Array.from(await softmax([1, 1]).data());
      return {first, values, backend: tf.getBackend(), second: await enableWebGPU()};`;
    const found = {by: 'Dawn', softwareGpu: true, adapter: expect.objectContaining({architecture: 'swiftshader'})};
    expect(await printed(program, driver)).toEqual({
      first: {...found, registered: false},
      values: [0.5, 0.5],
      backend: 'webgpu',
      second: {...found, registered: true},
    });
  });

  test('an adapter by its name, and no other afterwards', async () => {
    const program = `
      const {adapter} = await enableWebGPU({adapter: 'SwiftShader'});
      return [adapter.architecture, await problem(enableWebGPU({adapter: 'NVIDIA'}))];`;
    expect(await printed(program, driver)).toEqual(['swiftshader', expect.stringContaining('runs already')]);
  });

  test('a name that no adapter has; nothing is left behind, and another can be tried', async () => {
    const program = `
      const first = await problem(enableWebGPU({adapter: 'Voodoo'}));
      const left = globalThis.navigator?.gpu !== undefined || 'GPUBuffer' in globalThis;
      return [first, left, (await enableWebGPU()).by];`;
    expect(await printed(program, driver)).toEqual([expect.stringContaining("contains 'Voodoo'"), false, 'Dawn']);
  });

  test('no loader of Vulkan, or no driver', async () => {
    const program = 'return problem(enableWebGPU());';
    expect(await printed(program)).toMatch(/libvulkan1|VK_DRIVER_FILES/); // a system may have a loader of its own
    expect(await printed(program, {LD_LIBRARY_PATH: loader, VK_ICD_FILENAMES: '/nowhere.json'})).toMatch(
      /finds no adapter.*which is \/nowhere\.json/,
    );
  });

  test('the backend imported too early', async () => {
    const program = `await import('@tensorflow/tfjs-backend-webgpu'); return problem(enableWebGPU());`;
    expect(await printed(program, driver)).toMatch(/imported already.*Call enableWebGPU\(\) first/);
  });

  test('the package webgpu is not installed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tfjs-softmax-no-dawn-'));
    try {
      const own = join(folder, 'node_modules', 'tfjs-softmax');
      mkdirSync(own, {recursive: true});
      cpSync('package.json', join(own, 'package.json'));
      cpSync('dist', join(own, 'dist'), {recursive: true});
      symlinkSync(resolve('node_modules/@tensorflow'), join(folder, 'node_modules', '@tensorflow'));
      expect(await printed('return problem(enableWebGPU());', driver, folder)).toMatch(/npm install webgpu$/);
    } finally {
      rmSync(folder, {recursive: true});
    }
  });
});

describe('in a page', () => {
  const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const withGpu = (gpu: unknown) =>
    Object.defineProperty(globalThis, 'navigator', {value: {gpu}, configurable: true, writable: true});
  afterEach(() => {
    if (navigator) Object.defineProperty(globalThis, 'navigator', navigator);
    else delete (globalThis as {navigator?: unknown}).navigator;
  });

  test('what the browser has', async () => {
    withGpu({requestAdapter: async () => ({info: {vendor: 'apple', architecture: 'metal-3', device: ''}})});
    expect(await enableWebGPU()).toEqual({
      by: 'host',
      adapter: {vendor: 'apple', architecture: 'metal-3', device: '', description: ''},
      softwareGpu: false,
      registered: false,
    });
    await expect(enableWebGPU({adapter: 'NVIDIA'})).rejects.toThrow('the browser chooses');
  });

  test('no WebGPU, or no adapter', async () => {
    withGpu(undefined);
    await expect(enableWebGPU()).rejects.toThrow('navigator.gpu is not defined');
    withGpu({requestAdapter: async () => null});
    await expect(enableWebGPU()).rejects.toThrow('gives no adapter');
  });

  test.each([[{adapter: 3}], [{adapter: ''}], ['NVIDIA']])('wrong options: %p', async (options) => {
    await expect(enableWebGPU(options as never)).rejects.toThrow(/must be/);
  });
});
