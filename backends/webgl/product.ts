import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ProductRequest} from '../backend';
import {layRows} from './layout';
import {precisionFor} from './precision';
import {productMapProgram} from './product_map_program';
import {productSumProgram, sumOfSumsProgram} from './product_sum_program';
import {dispose, drawScratch, drawTensor, placeFor, type Scratch, type Texture, withTextures} from './textures';
import {type Level, levelsFor, reduceUpToLast} from './windows';

/** A Jacobian product: the rows' sums in one draw, two or three for long rows, and then a map. */
export function product(request: ProductRequest, backend: MathBackendWebGL): TensorInfo {
  return withTextures([request.y, request.v], backend, (y, v) => productFrom(y!, v!, request, backend));
}

function productFrom(
  y: Texture,
  v: Texture,
  {kind, y: {shape}, rows, factor}: ProductRequest,
  backend: MathBackendWebGL,
): TensorInfo {
  const layout = layRows(shape, rows);
  const precision = precisionFor(rows.n);
  const reduction = (level: Level, partial: Scratch | null) =>
    partial === null ? productSumProgram(kind, y, v, layout, level, precision) : sumOfSumsProgram(partial, level);

  const levels = levelsFor(rows.n);
  const partial = reduceUpToLast(levels, layout.pairs, reduction, backend);
  const sums = drawScratch(reduction(levels.at(-1)!, partial), layout.pairs, backend);
  if (partial) dispose(partial, backend);
  const result = drawTensor(
    productMapProgram(kind, y, v, sums, layout, placeFor(shape), factor, precision),
    shape,
    backend,
  );
  dispose(sums, backend);
  return result;
}
