/**
 * WebGPU in plain Node, before tfjs's webgpu backend is imported, which looks for it then. DAWN names dawn.node of the npm
 * package `webgpu`; Dawn's timestamps are exact here.
 */
interface Dawn {
  create(options: string[]): GPU;
  globals: Record<string, unknown>;
}

const {create, globals} = require(process.env.DAWN ?? 'webgpu') as Dawn;
Object.assign(globalThis, globals);
const gpu = create(['disable-dawn-features=timestamp_quantization']);
Object.defineProperty(globalThis.navigator ?? globalThis, globalThis.navigator ? 'gpu' : 'navigator', {
  value: globalThis.navigator ? gpu : {gpu},
  configurable: true,
});

// A module of its own, so that a bundler runs it before those that are imported after it.
export {};
