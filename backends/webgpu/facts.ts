import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {BackendFacts} from '../backend';
import {hardwareOf} from './hardware';

export const webgpuFacts: BackendFacts = {
  package: '@tensorflow/tfjs-backend-webgpu',
  needs: 'WebGPU',
  gpu: true,
  readsLater: true,
  isSoftware: (backend) => hardwareOf(backend as WebGPUBackend).software,
};
