import type {BackendFacts} from '../backend';

export const wasmFacts: BackendFacts = {
  package: '@tensorflow/tfjs-backend-wasm',
  needs: 'WebAssembly',
  gpu: false,
  wants: 'SIMD',
};
