import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ProductFromLogitsRequest, ProductRequest} from '../backend';
import type {ProductKind} from '../engines/types';
import {contextKey} from './context';
import {type Device, deviceOf} from './device';
import {type Draw, run, tensorDraw} from './draw';
import {exponentials} from './exponentials';
import {layRows, type RowLayout} from './layout';
import {planReduction} from './plan';
import {precisionFor} from './precision';
import {logSoftmaxVjpProgram, productMapProgram} from './product_map_program';
import {type Part, reductionOf, sizeOf} from './reduce';
import {rowReader} from './row_reader';
import {scaleOf} from './scale';
import {sums} from './sums';
import {lieOf, placeFor, type Texture, withTextures} from './textures';

/** A Jacobian product of given probabilities: the one number that it needs of each row, and then a map. */
export function product(request: ProductRequest, backend: MathBackendWebGL): TensorInfo {
  const {kind, y, v, rows, factor} = request;
  return withTextures([y, v], backend, (probabilities, vector) => {
    const key = `${kind} ${y.shape} ${rows.n} ${rows.inner} ${factor} ${lieOf(probabilities!)} ${lieOf(vector!)}`;
    const draws = () => productDraws(probabilities!, vector!, request, deviceOf(backend));
    return run(`${key} ${contextKey(backend)}`, draws, {Y: probabilities!, V: vector!}, y.shape, backend);
  });
}

function productDraws(y: Texture, v: Texture, request: ProductRequest, device: Device): Draw[] {
  const {
    kind,
    y: {shape},
    rows,
    factor,
  } = request;
  const layout = layRows(shape, rows);
  const [plan, precision] = [planReduction(sizeOf(layout), 'map', device), precisionFor(rows.n)];
  const {draws, reduction} = reductionOf([sumOf(kind, y, v, layout)], {layout, plan, precision});
  const map = productMapProgram(kind, y, v, reduction, layout, placeFor(shape), factor, precision);
  return [...draws, tensorDraw(map, shape)];
}

/** v - y Σv of logits: the exponentials and the sum of each row are reduced in the same draws, and mapped. */
export function logSoftmaxVjp(request: ProductFromLogitsRequest, backend: MathBackendWebGL): TensorInfo {
  const {x, v, rows, scale, factor} = request;
  return withTextures([x, v], backend, (logits, vector) => {
    const key = `of logits ${x.shape} ${rows.n} ${rows.inner} ${scale} ${factor} ${lieOf(logits!)} ${lieOf(vector!)}`;
    const draws = () => logSoftmaxVjpDraws(logits!, vector!, request, deviceOf(backend));
    return run(`${key} ${contextKey(backend)}`, draws, {X: logits!, V: vector!}, x.shape, backend);
  });
}

function logSoftmaxVjpDraws(x: Texture, v: Texture, request: ProductFromLogitsRequest, device: Device): Draw[] {
  const {
    kind,
    x: {shape},
    rows,
    factor,
  } = request;
  const layout = layRows(shape, rows);
  const [plan, precision] = [planReduction(sizeOf(layout), 'map', device), precisionFor(rows.n)];
  const scale = scaleOf(request.scale);
  const parts = [exponentials(x, null, layout, 'softmax', scale), sumOf(kind, null, v, layout)];
  const {draws, reduction} = reductionOf(parts, {layout, plan, precision});
  const map = logSoftmaxVjpProgram(x, v, reduction, layout, placeFor(shape), factor, scale, precision);
  return [...draws, tensorDraw(map, shape)];
}

/** Σ y·v, or for logSoftmaxVjp Σ v. */
function sumOf(kind: ProductKind, y: Texture | null, v: Texture, layout: RowLayout): Part {
  const inputs: Record<string, Texture> = kind === 'logSoftmaxVjp' ? {V: v} : {Y: y!, V: v};
  return sums({
    readers: (level) =>
      Object.fromEntries(
        Object.entries(inputs).map(([name, texture]) => [name, rowReader(name, texture, layout, level)]),
      ),
    term: kind === 'logSoftmaxVjp' ? 'v' : 'y * v',
    stored: 't * UNIT',
  });
}
