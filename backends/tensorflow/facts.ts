import type {BackendFacts} from '../backend';

export const tensorflowFacts: BackendFacts = {
  package: '@tensorflow/tfjs-node',
  needs: null,
  gpu: false,
  onlyInNode: true,
};
