import {wasmBackend} from '../../../../backends/wasm';
import {type BrowserHost, type InBrowserOptions, inBrowser} from '../../../hosts/in_browser';
import {describeConformance} from '../../conformance';

/** tfjs's three wasm builds, as a page gets them, under our kernels for relaxed SIMD, which Chromium has. */
const BUILDS: {name: string; file: string; options: InBrowserOptions}[] = [
  {name: 'threaded', file: 'tfjs-backend-wasm-threaded-simd.wasm', options: {crossOriginIsolated: true}},
  {name: 'SIMD', file: 'tfjs-backend-wasm-simd.wasm', options: {}},
  {name: 'plain', file: 'tfjs-backend-wasm.wasm', options: {environment: {WASM_HAS_SIMD_SUPPORT: false}}},
];

describe.each(BUILDS)("tfjs's $name wasm build in Chromium", ({name, file, options}) => {
  let host: BrowserHost;
  afterAll(() => host.close());

  describeConformance(
    'wasm',
    async () => {
      host = await inBrowser('wasm', options);
      return host;
    },
    wasmBackend,
  );

  test('is the one that ran, with our relaxed SIMD kernels in place on its memory', async () => {
    await host.run({op: 'softmax', shape: [2, 40], logits: new Float32Array(80)});
    const isThreaded = name === 'threaded';
    expect(await host.page.run('wasm', undefined)).toEqual({
      crossOriginIsolated: isThreaded,
      files: [file],
      sharedMemory: isThreaded,
      kernelsRun: expect.arrayContaining(['softmaxLongRows']),
      stagedBytes: 0,
    });
    const mask = {shape: [40], values: new Uint8Array(40).fill(1)};
    await host.run({op: 'softmax', shape: [2, 40], logits: new Float32Array(80), mask});
    const masked = await host.page.run('wasm', undefined);
    expect(masked).toMatchObject({kernelsRun: ['softmaxMaskedRows'], stagedBytes: 0});
    expect(host.name).toContain("WebAssembly (relaxed), in place on tfjs's memory");
  });
});
