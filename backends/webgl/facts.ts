import {env} from '@tensorflow/tfjs-core';
import type {BackendFacts} from '../backend';

export const webglFacts: BackendFacts = {
  package: '@tensorflow/tfjs-backend-webgl',
  needs: 'WebGL',
  gpu: true,
  wants: 'WebGL 2',
  halfFloats: () => !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED'),
};
