import {kernelsRun} from '../../../hosts/wasm_kernels';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type {Build} from '../../../../backends/engines/wasm/features';
import {bytesOf, kernelsOn} from '../../../../backends/engines/wasm/module';
import {labelText, SECTION} from '../../../../backends/engines/wasm/precompiled';
import {backendReport, setWasmModule, softmax} from '../../../../index';
import {softmax as exactSoftmax, masked} from '../../../../kernels/reference';
import {version} from '../../../../package.json';
import {ulpError, worst} from '../../../ulp';

/** A module of this package as a host would have compiled it, with that text in its section. */
function compiled(text: string, {build = 'simd' as Build, shared = false} = {}): WebAssembly.Module {
  const rest = [SECTION.length, ...Buffer.from(SECTION + text)];
  return new WebAssembly.Module(Uint8Array.from([...bytesOf(build, shared), 0, rest.length, ...rest]));
}

const label = labelText({build: 'simd', memory: 'unshared'});
const logits = Float32Array.from({length: 100}, (_, i) => ((i * 37) % 101) / 5 - 10);

async function runs(backend: string): Promise<string> {
  await tf.setBackend(backend);
  kernelsRun();
  const values = tf.tidy(() => softmax(logits).dataSync());
  expect(worst(values, exactSoftmax(logits), ulpError).error).toBeLessThanOrEqual(4);
  expect(kernelsRun()).toEqual(['softmaxLongRows']);
  const {backends} = await backendReport({start: false});
  return backends.find(({name}) => name === backend)!.runs!;
}

afterEach(() => setWasmModule(null));

test.each(['cpu', 'wasm'])('%s takes it from the next call on, and gives it back', async (backend) => {
  expect(await runs(backend)).not.toContain('precompiled');
  setWasmModule(compiled(label));
  expect(await runs(backend)).toContain('precompiled');
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

test.each(['cpu', 'wasm'])('%s takes masks from it too', async (backend) => {
  await tf.setBackend(backend);
  setWasmModule(compiled(label));
  kernelsRun();
  const keep = Uint8Array.from(logits, (_, i) => Number(i % 3 > 0));
  const values = tf.tidy(() => softmax(logits, -1, {mask: tf.tensor(keep, [100], 'bool')}).dataSync());
  expect(worst(values, masked.softmax(logits, keep), ulpError).error).toBeLessThanOrEqual(4);
  expect(kernelsRun()).toEqual(['softmaxMaskedRows']);
});

test('one for a shared memory is kept for those', () => {
  const module = compiled(labelText({build: 'simd', memory: 'shared'}), {shared: true});
  setWasmModule(module);
  const shared = new WebAssembly.Memory({initial: 1, maximum: 65536, shared: true});
  expect(kernelsOn(shared).module).toBe(module);
  expect(kernelsOn(new WebAssembly.Memory({initial: 1}))).toMatchObject({given: false});
});

test.each<[string, unknown, string]>([
  ['bytes', bytesOf('simd', false), 'this is a Uint8Array, not a WebAssembly.Module'],
  ['nothing', undefined, 'this is undefined, not a WebAssembly.Module'],
  ['a name', 'kernels.wasm', "this is 'kernels.wasm', not a WebAssembly.Module"],
  ['what an import gives as a namespace', {default: compiled(label)}, 'this is an Object, not a WebAssembly.Module'],
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
    compiled(labelText({build: 'simd', memory: 'shared'})),
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
