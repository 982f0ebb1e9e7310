import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import {elementReader} from './element_reader';
import {exponentials} from './exponentials';
import {drawn} from './frame';
import {EXP} from './glsl/exp';
import {mapDraw, PROBABILITIES} from './map';
import {maskElementReader} from './mask_reader';
import {planReduction} from './plan';
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
    const {size, device, scale, shape} = frame;
    const masked = mask && {mask, texture: M!, shape};
    const part = exponentials(X!, masked, kind, frame);
    if (kind === 'logSumExp') {
      return reductionOf([part], planReduction(size, 'none', device), frame, request.outputShape).draws;
    }
    const reduction = reductionOf([part], planReduction(size, 'map', device), frame);
    const pieces = [scale, EXP, elementReader('X', X!)];
    if (!masked) return [...reduction.draws, mapDraw(reduction, pieces, RESULTS[kind], frame)];
    const body = `${RESULTS[kind]}
        result = mix(result, ${MASKED[kind]}, equal(elementsM(cell), vec4(0.)));`;
    return [...reduction.draws, mapDraw(reduction, [...pieces, ...maskElementReader(masked)], body, frame)];
  });
}
