import type {BackendFacts} from '../backend';

export const webgpuFacts: BackendFacts = {package: '@tensorflow/tfjs-backend-webgpu', needs: 'WebGPU', gpu: true};
