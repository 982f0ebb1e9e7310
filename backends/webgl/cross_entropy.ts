import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {CrossEntropyGradientRequest, CrossEntropyRequest} from '../backend';
import {indicesFor} from './class_indices';
import {contextKey} from './context';
import {type Device, deviceOf} from './device';
import {type Draw, numbersDraw, run, tensorDraw} from './draw';
import {exponentials} from './exponentials';
import type {LabelTexture} from './label_reader';
import {layRows} from './layout';
import {lossGradientProgram, type RowNumbers, sumsOfLabels} from './loss_gradient_program';
import {classLossProgram, costs} from './loss_program';
import {planReduction, planSecondSum} from './plan';
import {precisionFor} from './precision';
import {reductionOf, reductionToNumbers, sizeOf} from './reduce';
import {scaleOf} from './scale';
import {lieOf, placeFor, type Texture, withTextures} from './textures';

/** Cross-entropy: the rows' exponentials are reduced, as for logSoftmax, and then their costs. */
export function crossEntropy(request: CrossEntropyRequest, backend: MathBackendWebGL): TensorInfo {
  const {x, outputShape} = request;
  return withLabels(request, [x], backend, (labels, logits) => {
    const key = `loss ${keyOf(request, labels, [logits!])} ${contextKey(backend)}`;
    const draws = () => lossDraws(logits!, labels, request, deviceOf(backend));
    return run(key, draws, {X: logits!, L: labels.texture}, outputShape, backend);
  });
}

function lossDraws(x: Texture, labels: LabelTexture, request: CrossEntropyRequest, device: Device): Draw[] {
  const {
    x: {shape},
    rows,
    sparse,
    smoothing,
    outputShape,
  } = request;
  const layout = layRows(shape, rows);
  const [size, precision] = [sizeOf(layout), precisionFor(rows.n)];
  const part = exponentials(x, null, layout, 'logSoftmax', scaleOf(1));
  const {draws, reduction} = reductionOf([part], {layout, plan: planReduction(size, 'rows', device), precision});
  if (sparse && smoothing === 0) {
    return [...draws, numbersDraw(classLossProgram(x, shape, labels, reduction, layout, precision), outputShape)];
  }
  const rules = {layout, plan: planSecondSum(size, device), precision};
  return [...draws, ...reductionToNumbers(costs(x, labels, reduction, layout), rules, outputShape)];
}

/** Its derivative in the logits: the rows' exponentials and Σq are reduced in the same draws, and mapped. */
export function crossEntropyGradient(request: CrossEntropyGradientRequest, backend: MathBackendWebGL): TensorInfo {
  const {x, cotangent} = request;
  return withLabels(request, [x, cotangent], backend, (labels, logits, numbers) => {
    const cotangents = {texture: numbers!, shape: cotangent.shape};
    const key = `gradient ${cotangent.shape} ${keyOf(request, labels, [logits!, numbers!])} ${contextKey(backend)}`;
    const draws = () => gradientDraws(logits!, labels, cotangents, request, deviceOf(backend));
    return run(key, draws, {X: logits!, L: labels.texture, G: numbers!}, x.shape, backend);
  });
}

function gradientDraws(
  logits: Texture,
  labels: LabelTexture,
  cotangent: RowNumbers,
  {x: {shape}, rows}: CrossEntropyGradientRequest,
  device: Device,
): Draw[] {
  const layout = layRows(shape, rows);
  const [scale, precision] = [scaleOf(1), precisionFor(rows.n)];
  const plan = planReduction(sizeOf(layout), 'map', device);
  const part = exponentials(logits, null, layout, 'softmax', scale);
  // Classes have Σq = 1, smoothed or not.
  const parts = labels.sparse ? [part] : [part, sumsOfLabels(labels, layout)];
  const {draws, reduction} = reductionOf(parts, {layout, plan, precision});
  const map = lossGradientProgram(logits, labels, cotangent, reduction, layout, placeFor(shape), scale, precision);
  return [...draws, tensorDraw(map, shape)];
}

function keyOf({x, rows, smoothing}: CrossEntropyRequest, labels: LabelTexture, others: Texture[]): string {
  const kind = `${labels.sparse ? 's' : 'd'}${labels.inHalves ? 'h' : ''}`;
  return `${kind} ${x.shape} ${rows.n} ${rows.inner} ${smoothing} ${[labels.texture, ...others].map(lieOf)}`;
}

function withLabels<T>(
  {labels, sparse, smoothing, rows}: CrossEntropyRequest,
  others: TensorInfo[],
  backend: MathBackendWebGL,
  use: (labels: LabelTexture, ...textures: Texture[]) => T,
): T {
  const {tensor, inHalves} = sparse ? indicesFor(labels, rows.n, backend) : {tensor: labels, inHalves: false};
  try {
    return withTextures([tensor, ...others], backend, (texture, ...textures) =>
      use({texture: texture!, shape: tensor.shape, sparse, inHalves, smoothing}, ...textures),
    );
  } finally {
    if (inHalves) backend.disposeIntermediateTensorInfo(tensor);
  }
}
