import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ProductFromLogitsRequest, ProductRequest} from '../backend';
import {PRODUCT_FORMULAS} from '../shaders';
import {elementReader} from './element_reader';
import {exponentials} from './exponentials';
import {drawn} from './frame';
import {mapDraws, PROBABILITIES} from './map';
import type {Piece} from './program';
import type {Part} from './reduce';
import {rowReader} from './row_reader';
import {sums} from './sums';

/**
 * A Jacobian product: the one number that it needs of each row, and then a map. The probabilities are given, or, for
 * logSoftmaxVjp only, made from logits in the map: their exponentials are reduced in the same draws as the sum.
 */
export function product(request: ProductRequest | ProductFromLogitsRequest, backend: MathBackendWebGL): TensorInfo {
  const {kind, v, rows, factor} = request;
  const [given, scale] = 'x' in request ? [{X: request.x}, request.scale] : [{Y: request.y}, 1];
  const call = {name: `${kind} ${factor}`, shape: v.shape, rows, scale, outputShape: v.shape};
  return drawn(call, {...given, V: v}, backend, (textures, frame) => {
    const {X} = textures;
    const {term, result} = PRODUCT_FORMULAS[kind];
    const sum = sums({
      readers: (level) =>
        Object.fromEntries(namesIn(term).map((name) => [name, rowReader(name, textures[name]!, frame.layout, level)])),
      term,
    });
    const parts: Part[] = X ? [exponentials(X, null, 'softmax', frame), sum] : [sum];
    const read = namesIn(result).filter((name) => textures[name]);
    const pieces: Piece[] = [
      X ? [frame.exp, elementReader('X', X)] : [],
      read.map((name) => elementReader(name, textures[name]!)),
      {uniforms: {factor: ['float', [factor]]}},
    ];
    const body = `${X ? PROBABILITIES : ''}
        ${read.map((name) => `vec4 ${name.toLowerCase()} = elements${name}(cell);`).join('\n')}
        vec4 result = factor * (${result});`;
    return mapDraws(parts, pieces, body, frame);
  });
}

/** The inputs that a formula has by their small letters. */
function namesIn(formula: string): string[] {
  return ['Y', 'V'].filter((name) => formula.includes(name.toLowerCase()));
}
