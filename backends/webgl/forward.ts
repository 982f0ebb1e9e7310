import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import {elementReader} from './element_reader';
import {exponentials} from './exponentials';
import {drawn} from './frame';
import {mapDraws, PROBABILITIES} from './map';
import {maskElementReader} from './mask_reader';
import {reductionOf} from './reduce';

const RESULTS = {
  softmax: `${PROBABILITIES}
        vec4 result = y;`,
  // In this order: x - m is exact for the logits whose result is near 0.
  logSoftmax: `
        vec4 x = directed(withinRange(elementsX(cell)));
        vec4 rest;
        vec4 result = storable((timesScale(x - maxima, rest) - s) + rest);
        result = mix(result, vec4(NAN), haveNoSoftmax(maxima));`,
};

/** What an element has that takes no part. */
const MASKED = {softmax: 'vec4(0.)', logSoftmax: 'storable(vec4(NEGATIVE_INFINITY))'};

/** The forward pass: the rows' exponentials are reduced, and then mapped, if there is a map. */
export function forward(request: ForwardRequest, backend: MathBackendWebGL): TensorInfo {
  const {kind, x, mask} = request;
  const tensors = {X: x, ...(mask && {M: mask.tensor})};
  return drawn({...request, name: kind, shape: x.shape}, tensors, backend, ({X, M}, frame) => {
    const masked = mask && {mask, texture: M!, shape: x.shape};
    const part = exponentials(X!, masked, kind, frame);
    if (kind === 'logSumExp') {
      return reductionOf([part], 'none', frame, request.outputShape).draws;
    }
    const pieces = [frame.exp, elementReader('X', X!), masked ? maskElementReader(masked) : []];
    const masking = `
        result = mix(result, ${MASKED[kind]}, equal(elementsM(cell), vec4(0.)));`;
    return mapDraws([part], pieces, RESULTS[kind] + (masked ? masking : ''), frame);
  });
}
