import {execFileSync} from 'node:child_process';
import {kernelBytes} from '../../../../backends/engines/wasm/bytes';
import {setShared} from '../../../../backends/engines/wasm/memory_import';
import {relax} from '../../../../backends/engines/wasm/relax';
import {bytesOfText} from '../../../../backends/engines/wasm/text';

test('a module of every byte comes back from its text, which needs no escapes in a string', () => {
  // In Node itself: jest takes no ES module.
  const program = `
    import {bytesAsText} from './scripts/bytes_as_text.mjs';
    console.log(bytesAsText(Uint8Array.from({length: 512}, (_, i) => 7 * i)));
  `;
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', program], {encoding: 'utf8'}).slice(0, -1);
  expect(Array.from(bytesOfText(text))).toEqual(Array.from({length: 512}, (_, i) => (7 * i) % 256));
  expect(text).toMatch(/^[^'\\`]+$/);
});

test('the relaxed build is the same bytes with each multiply-add fused, and nothing else changed', () => {
  const bytes = kernelBytes();
  const relaxed = Uint8Array.from(bytes);
  const pairs = relax(relaxed);
  expect(pairs).toBeGreaterThan(200);
  const changes = bytes.filter((byte, i) => byte !== relaxed[i]).length;
  expect(changes).toBeLessThanOrEqual(6 * pairs);
  expect(relax(relaxed)).toBe(0);
});

test('the build for a shared memory is the same but for its import, and back', () => {
  const bytes = kernelBytes();
  const shared = Uint8Array.from(bytes);
  setShared(shared, true);
  const changed = Array.from(bytes.keys()).filter((i) => bytes[i] !== shared[i]);
  expect(changed.at(-1)! - changed[0]!).toBeLessThan(5);
  const instance = (module: Uint8Array<ArrayBuffer>, isShared: boolean) => {
    const memory = new WebAssembly.Memory({initial: 0, maximum: 65536, shared: isShared});
    return () => new WebAssembly.Instance(new WebAssembly.Module(module), {env: {memory}});
  };
  expect(instance(bytes, false)).not.toThrow();
  expect(instance(shared, true)).not.toThrow();
  expect(instance(bytes, true)).toThrow(/shared/);
  expect(instance(shared, false)).toThrow(/shared/);
  expect(() => setShared(shared, true)).toThrow('another place');
  setShared(shared, false);
  expect(shared).toEqual(bytes);
});

test('hosts without TextEncoder and TextDecoder, as jest has with jsdom, run WebAssembly', async () => {
  const {TextEncoder, TextDecoder} = globalThis;
  Object.assign(globalThis, {TextEncoder: undefined, TextDecoder: undefined});
  try {
    await jest.isolateModulesAsync(async () => {
      const {stagingFailure} = await import('../../../../backends/engines/wasm/staging');
      expect(stagingFailure()).toBeNull();
      const {bytesOf} = await import('../../../../backends/engines/wasm/module');
      const {keep, labelText, precompiled, SECTION} = await import('../../../../backends/engines/wasm/precompiled');
      const section = [...`${SECTION}${labelText({build: 'simd', memory: 'unshared'})}`].map((c) => c.charCodeAt(0));
      const bytes = [...bytesOf('simd', false), 0, section.length + 1, SECTION.length, ...section];
      const module = new WebAssembly.Module(Uint8Array.from(bytes));
      keep(module);
      expect(precompiled(false)).toEqual({build: 'simd', module});
    });
  } finally {
    Object.assign(globalThis, {TextEncoder, TextDecoder});
  }
});
