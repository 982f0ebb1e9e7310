import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type {Mask, SoftmaxBackend} from '../../../../backends/backend';
import {lastRun, notePlainTypeScript} from '../../../../backends/engines/wasm/launch';
import {type Build, bytesOf, instanceOn, kernelsOn, type ModuleName} from '../../../../backends/engines/wasm/module';
import {labelText, SECTION} from '../../../../backends/engines/wasm/precompiled';
import {backendReport, setWasmModule, softmax} from '../../../../index';
import {softmax as exactSoftmax, masked} from '../../../../kernels/reference';
import {version} from '../../../../package.json';
import {ulpError, worst} from '../../../ulp';

/** A module of this package as a host would have compiled it, with that text in its section. */
function compiled(
  text: string,
  {build = 'simd' as Build, shared = false, name = 'kernels' as ModuleName} = {},
): WebAssembly.Module {
  const rest = [SECTION.length, ...Buffer.from(SECTION + text)];
  return new WebAssembly.Module(Uint8Array.from([...bytesOf(build, shared, name), 0, rest.length, ...rest]));
}

const label = labelText({name: 'kernels', build: 'simd', memory: 'unshared'});
const logits = Float32Array.from({length: 100}, (_, i) => ((i * 37) % 101) / 5 - 10);

async function runs(backend: string): Promise<string> {
  await tf.setBackend(backend);
  const values = tf.tidy(() => softmax(logits).dataSync());
  expect(worst(values, exactSoftmax(logits), ulpError).error).toBeLessThanOrEqual(4);
  expect(lastRun()).toMatchObject({kernel: 'softmaxLongRows'});
  const {backends} = await backendReport({start: false});
  return backends.find(({name}) => name === backend)!.runs!;
}

afterEach(() => setWasmModule(null));

test.each(['cpu', 'wasm'])('%s takes it from the next call on, and gives it back', async (backend) => {
  expect(await runs(backend)).not.toContain('precompiled');
  setWasmModule(compiled(label));
  expect(await runs(backend)).toContain('precompiled');
  expect(lastRun()!.build).toBe('simd');
  setWasmModule(null);
  expect(await runs(backend)).not.toContain('precompiled');
});

test('the module itself runs, not one compiled here', async () => {
  const module = compiled(label);
  setWasmModule(module);
  expect(kernelsOn(new WebAssembly.Memory({initial: 1})).module).toBe(module);
  // For a shared memory it does not fit, so that is compiled as before.
  const shared = new WebAssembly.Memory({initial: 1, maximum: 65536, shared: true});
  expect(kernelsOn(shared)).toMatchObject({given: false});
});

describe('masks and losses', () => {
  const second = labelText({name: 'loss_mask', build: 'simd', memory: 'unshared'});
  const keep = Uint8Array.from(logits, (_, i) => Number(i % 3 > 0));

  /** The kernel that runs for a mask; null for plain TypeScript. */
  async function kernelOf(backend: string): Promise<string | null> {
    await tf.setBackend(backend);
    notePlainTypeScript();
    const values = tf.tidy(() => softmax(logits, -1, {mask: tf.tensor(keep, [100], 'bool')}).dataSync());
    expect(worst(values, masked.softmax(logits, keep), ulpError).error).toBeLessThanOrEqual(4);
    return lastRun()?.kernel ?? null;
  }

  test('have a module of their own', async () => {
    const module = compiled(second, {name: 'loss_mask'});
    setWasmModule(module);
    expect(instanceOn(new WebAssembly.Memory({initial: 1}), 'loss_mask').module).toBe(module);
    expect(await kernelOf('cpu')).toBe('maskedSoftmaxLongRows');
    expect(await kernelOf('wasm')).toBe('maskedSoftmaxLongRows');
  });

  test.each(['cpu', 'wasm'])('%s has plain TypeScript where only the first was handed in', async (backend) => {
    const modules = [compiled(label), compiled(second, {name: 'loss_mask'})] as const;
    const {Module} = WebAssembly;
    WebAssembly.Module = Object.assign(
      class {
        constructor() {
          throw new Error('blocked by the content security policy');
        }
      },
      {customSections: Module.customSections},
    ) as unknown as typeof Module;
    try {
      // On another memory than the one that the modules were compiled for before.
      await jest.isolateModulesAsync(async () => {
        const fresh = await import('../../../../backends/wasm/set_module');
        const {cpuBackend} = await import('../../../../backends/cpu');
        const {wasmBackend} = await import('../../../../backends/wasm');
        const run = await import('../../../../backends/engines/wasm/launch');
        const {maskRuns} = await import('../../../../backends/engines/mask_runs');
        await tf.setBackend(backend);
        const [x, flags] = [tf.tensor(logits), tf.tensor(keep, [100], 'bool')];
        const mask: Mask = {tensor: flags, ...maskRuns([100], [100], 0)};
        const rows = {outer: 1, n: 100, inner: 1};
        const request = {kind: 'softmax', x, rows, scale: 1, outputShape: [100]} as const;
        const ran = (mask: Mask | null) => {
          const implementation = (backend === 'cpu' ? cpuBackend : wasmBackend) as SoftmaxBackend;
          const {dataId} = implementation.forward({...request, outputShape: [100], mask}, tf.backend());
          const values = tf.backend().readSync(dataId) as Float32Array;
          const exact = mask ? masked.softmax(logits, keep) : exactSoftmax(logits);
          expect(worst(values, exact, ulpError).error).toBeLessThanOrEqual(4);
          tf.backend().disposeData(dataId);
          return run.lastRun()?.kernel ?? null;
        };
        fresh.setWasmModule(modules[0]);
        expect(ran(null)).toBe('softmaxLongRows');
        expect(ran(mask)).toBeNull();
        fresh.setWasmModule(modules[1]);
        expect(ran(null)).toBe('softmaxLongRows');
        expect(ran(mask)).toBe('maskedSoftmaxLongRows');
        tf.dispose([x, flags]);
      });
    } finally {
      WebAssembly.Module = Module;
    }
  });
});

test('one for a shared memory is kept for those', () => {
  const module = compiled(labelText({name: 'kernels', build: 'simd', memory: 'shared'}), {shared: true});
  setWasmModule(module);
  const shared = new WebAssembly.Memory({initial: 1, maximum: 65536, shared: true});
  expect(kernelsOn(shared).module).toBe(module);
  expect(kernelsOn(new WebAssembly.Memory({initial: 1}))).toMatchObject({given: false});
});

test.each<[string, unknown, string]>([
  ['bytes', bytesOf('simd', false), 'this is a Uint8Array, not a WebAssembly.Module'],
  ['nothing', undefined, 'this is undefined, not a WebAssembly.Module'],
  ['a name', 'kernels.wasm', "this is 'kernels.wasm', not a WebAssembly.Module"],
  ['what an import gives as a namespace', {default: compiled(label)}, 'this is a Object, not a WebAssembly.Module'],
  [
    'an empty module',
    new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)),
    'this module is not one of this package',
  ],
  ['kernels without their section', new WebAssembly.Module(bytesOf('simd', false)), 'not one of this package'],
  ['a section that says something else', compiled('no such thing'), 'not one of this package'],
  [
    'one of another version',
    compiled(label.replace(version, '0.0.1')),
    `this module is of version 0.0.1, but the package is of version ${version}`,
  ],
  [
    'one that says it is for another kind of memory',
    compiled(labelText({name: 'kernels', build: 'simd', memory: 'shared'})),
    'it does not run on a memory that is shared',
  ],
  [
    'one that has other imports',
    new WebAssembly.Module(
      Uint8Array.from([
        ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 97, 1, 98, 0, 0],
        ...[0, 1 + SECTION.length + label.length, SECTION.length, ...Buffer.from(SECTION + label)],
      ]),
    ),
    'it does not run on a memory that is unshared',
  ],
])('refused: %s', async (_name, module, why) => {
  const handIn = () => setWasmModule(module as never);
  expect(handIn).toThrow(/^setWasmModule: /);
  expect(handIn).toThrow(why);
  expect(handIn).toThrow("import module from 'tfjs-softmax/kernels.wasm'");
  expect(await runs('cpu')).not.toContain('precompiled');
});
