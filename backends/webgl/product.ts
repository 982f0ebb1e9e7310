import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ProductFromLogitsRequest, ProductRequest} from '../backend';
import type {ProductKind} from '../engines/types';
import {deviceOf} from './device';
import {exponentials} from './exponentials';
import {layRows, type RowLayout} from './layout';
import {planReduction} from './plan';
import {precisionFor} from './precision';
import {logSoftmaxVjpProgram, productMapProgram} from './product_map_program';
import {type Part, sizeOf, withReduction} from './reduce';
import {rowReader} from './row_reader';
import {scaleOf} from './scale';
import {sums} from './sums';
import {drawTensor, placeFor, type Texture, withTextures} from './textures';

/** A Jacobian product of given probabilities: the one number that it needs of each row, and then a map. */
export function product(request: ProductRequest, backend: MathBackendWebGL): TensorInfo {
  const {kind, y, v, rows, factor} = request;
  return withTextures([y, v], backend, (probabilities, vector) => {
    const layout = layRows(y.shape, rows);
    const [plan, precision] = [planReduction(sizeOf(layout), 'map', deviceOf(backend)), precisionFor(rows.n)];
    const sum = sumOf(kind, probabilities!, vector!, layout);
    return withReduction([sum], {layout, plan, precision}, backend, (reduced) => {
      const output = placeFor(y.shape);
      const map = productMapProgram(kind, probabilities!, vector!, reduced, layout, output, factor, precision);
      return drawTensor(map, y.shape, backend);
    });
  });
}

/** v - y Σv of logits: the exponentials and the sum of each row are reduced in the same draws, and mapped. */
export function logSoftmaxVjp(request: ProductFromLogitsRequest, backend: MathBackendWebGL): TensorInfo {
  const {kind, x, v, rows, scale: factorOfLogits, factor} = request;
  return withTextures([x, v], backend, (logits, vector) => {
    const layout = layRows(x.shape, rows);
    const [plan, precision] = [planReduction(sizeOf(layout), 'map', deviceOf(backend)), precisionFor(rows.n)];
    const scale = scaleOf(factorOfLogits);
    const parts = [exponentials(logits!, null, layout, 'softmax', scale), sumOf(kind, null, vector!, layout)];
    return withReduction(parts, {layout, plan, precision}, backend, (reduced) => {
      const output = placeFor(x.shape);
      const map = logSoftmaxVjpProgram(logits!, vector!, reduced, layout, output, factor, scale, precision);
      return drawTensor(map, x.shape, backend);
    });
  });
}

/** Σ y·v, or for logSoftmaxVjp Σ v. */
function sumOf(kind: ProductKind, y: Texture | null, v: Texture, layout: RowLayout): Part {
  const inputs: Record<string, Texture> = kind === 'logSoftmaxVjp' ? {V: v} : {Y: y!, V: v};
  return sums({
    readers: (level) =>
      Object.fromEntries(
        Object.entries(inputs).map(([name, texture]) => [name, rowReader(name, texture, layout, level)]),
      ),
    inputs,
    term: kind === 'logSoftmaxVjp' ? 'v' : 'y * v',
    stored: 't * UNIT',
  });
}
