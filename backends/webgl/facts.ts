import {webglKeepsHalfFloats} from '../../tfjs/half_floats';
import type {BackendFacts} from '../backend';

export const webglFacts: BackendFacts = {
  package: '@tensorflow/tfjs-backend-webgl',
  needs: 'WebGL',
  gpu: true,
  wants: 'WebGL 2',
  halfFloats: webglKeepsHalfFloats,
};
