import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ProductFromLogitsRequest, ProductRequest} from '../backend';
import type {ProductKind} from '../engines/types';
import type {Draw} from './draw';
import {elementReader} from './element_reader';
import {exponentials} from './exponentials';
import {drawn, type Frame} from './frame';
import {EXP} from './glsl/exp';
import {mapDraw, PROBABILITIES} from './map';
import {planReduction} from './plan';
import type {Piece} from './program';
import {type Part, reductionOf} from './reduce';
import {rowReader} from './row_reader';
import {sums} from './sums';
import type {Texture} from './textures';

/** By kind: what is summed over each row, and what the sum t makes of each element. */
const FORMULAS: Record<ProductKind, {term: string; result: string}> = {
  softmaxProduct: {term: 'y * v', result: 'y * (v - t)'},
  logSoftmaxJvp: {term: 'y * v', result: 'v - t'},
  logSoftmaxVjp: {term: 'v', result: 'v - y * t'},
};

/** A Jacobian product of given probabilities: the one number that it needs of each row, and then a map. */
export function product({kind, y, v, rows, factor}: ProductRequest, backend: MathBackendWebGL): TensorInfo {
  const {shape} = y;
  const call = {name: `${kind} ${factor}`, shape, rows, scale: 1, outputShape: shape};
  return drawn(call, {Y: y, V: v}, backend, (textures, frame) => draws(kind, factor, textures, frame));
}

/** v - y Σv of logits: the exponentials and the sum of each row are reduced in the same draws, and mapped. */
export function logSoftmaxVjp(request: ProductFromLogitsRequest, backend: MathBackendWebGL): TensorInfo {
  const {kind, x, v, rows, scale, factor} = request;
  const call = {name: `${kind} ${factor}`, shape: x.shape, rows, scale, outputShape: x.shape};
  return drawn(call, {X: x, V: v}, backend, (textures, frame) => draws(kind, factor, textures, frame));
}

function draws(kind: ProductKind, factor: number, textures: Record<string, Texture>, frame: Frame): Draw[] {
  const {X} = textures;
  const {layout, size, device, scale} = frame;
  const {term, result} = FORMULAS[kind];
  const sum = sums({
    readers: (level) =>
      Object.fromEntries(namesIn(term).map((name) => [name, [rowReader(name, textures[name]!, layout, level)]])),
    term,
    stored: 't * UNIT',
  });
  const parts: Part[] = X ? [exponentials(X, null, 'softmax', frame), sum] : [sum];
  const reduction = reductionOf(parts, planReduction(size, 'map', device), frame);
  const read = namesIn(result).filter((name) => textures[name]);
  const pieces: Piece[] = [
    ...(X ? [scale, EXP, elementReader('X', X)] : []),
    ...read.map((name) => elementReader(name, textures[name]!)),
    {uniforms: {factor: ['float', [factor]]}},
  ];
  const body = `${X ? PROBABILITIES : ''}
        ${read.map((name) => `vec4 ${name.toLowerCase()} = elements${name}(cell);`).join('\n')}
        vec4 result = factor * (${result});`;
  return [...reduction.draws, mapDraw(reduction, pieces, body, frame)];
}

/** The inputs that a formula has by their small letters. */
function namesIn(formula: string): string[] {
  return ['Y', 'V'].filter((name) => formula.includes(name.toLowerCase()));
}
