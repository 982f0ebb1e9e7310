import type {BackendFacts} from '../backend';

export const cpuFacts: BackendFacts = {package: '@tensorflow/tfjs-backend-cpu', needs: null, gpu: false};
