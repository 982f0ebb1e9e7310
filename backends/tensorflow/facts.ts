import type {BackendFacts} from '../backend';

export const tensorflowFacts: BackendFacts = {
  package: '@tensorflow/tfjs-node',
  needs: null,
  gpu: false,
  onlyInNode: true,
};

/** From this many elements on, several threads compute. */
export const LARGE = 1 << 18;
