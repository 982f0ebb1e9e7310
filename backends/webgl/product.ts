import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ProductRequest} from '../backend';
import {layRows} from './layout';
import {precisionFor} from './precision';
import {productMapProgram} from './product_map_program';
import {productSumProgram, sumOfSumsProgram} from './product_sum_program';
import {dispose, drawTensor, drawScratch, placeFor, type Scratch, textureOf} from './textures';
import {type Level, levelsFor, reduceUpToLast} from './windows';

/** A Jacobian product: the rows' sums in one draw, two or three for long rows, and then a map. */
export function product({kind, y, v, rows, factor}: ProductRequest, backend: MathBackendWebGL): TensorInfo {
  const layout = layRows(y.shape, rows);
  const precision = precisionFor(rows.n);
  const probabilities = textureOf(y, backend);
  const vector = textureOf(v, backend);
  const reduction = (level: Level, partial: Scratch | null) =>
    partial === null
      ? productSumProgram(kind, probabilities, vector, layout, level, precision)
      : sumOfSumsProgram(partial, level);

  const levels = levelsFor(rows.n);
  const partial = reduceUpToLast(levels, layout.pairs, reduction, backend);
  const sums = drawScratch(reduction(levels.at(-1)!, partial), layout.pairs, backend);
  if (partial) dispose(partial, backend);
  const map = productMapProgram(kind, probabilities, vector, sums, layout, placeFor(y.shape), factor, precision);
  const result = drawTensor(map, y.shape, backend);
  dispose(sums, backend);
  return result;
}
