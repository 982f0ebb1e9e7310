import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {CrossEntropyGradientRequest, CrossEntropyRequest} from '../backend';
import {indicesFor} from './class_indices';
import {deviceOf} from './device';
import {exponentials} from './exponentials';
import type {LabelTexture} from './label_reader';
import {layRows} from './layout';
import {lossGradientProgram, type RowNumbers, sumsOfLabels} from './loss_gradient_program';
import {classLossProgram, costs} from './loss_program';
import {planReduction, planSecondSum} from './plan';
import {precisionFor} from './precision';
import {reduceToTensor, sizeOf, withReduction} from './reduce';
import {scaleOf} from './scale';
import {drawTensor, drawUnpackedTensor, placeFor, type Texture, withTextures} from './textures';

/** Cross-entropy: the rows' exponentials are reduced, as for logSoftmax, and then their costs. */
export function crossEntropy(request: CrossEntropyRequest, backend: MathBackendWebGL): TensorInfo {
  const {x, rows, sparse, smoothing, outputShape} = request;
  return withLabels(request, [x], backend, (given, logits) => {
    const layout = layRows(x.shape, rows);
    const [device, size, precision] = [deviceOf(backend), sizeOf(layout), precisionFor(rows.n)];
    const part = exponentials(logits!, null, layout, 'logSoftmax', scaleOf(1));
    const plan = planReduction(size, 'rows', device);
    return withReduction([part], {layout, plan, precision}, backend, (reduction) => {
      if (sparse && smoothing === 0) {
        const losses = classLossProgram(logits!, x.shape, given, reduction, layout, precision);
        return drawUnpackedTensor(losses, outputShape, backend);
      }
      const rules = {layout, plan: planSecondSum(size, device), precision};
      return reduceToTensor(costs(logits!, given, reduction, layout), rules, outputShape, backend);
    });
  });
}

/** Its derivative in the logits: the rows' exponentials and Σq are reduced in the same draws, and mapped. */
export function crossEntropyGradient(request: CrossEntropyGradientRequest, backend: MathBackendWebGL): TensorInfo {
  const {x, cotangent} = request;
  return withLabels(request, [x, cotangent], backend, (labels, logits, cotangents) =>
    gradientFrom(logits!, labels, {texture: cotangents!, shape: cotangent.shape}, request, backend),
  );
}

function gradientFrom(
  logits: Texture,
  labels: LabelTexture,
  cotangent: RowNumbers,
  {x, rows}: CrossEntropyGradientRequest,
  backend: MathBackendWebGL,
): TensorInfo {
  const layout = layRows(x.shape, rows);
  const [scale, precision] = [scaleOf(1), precisionFor(rows.n)];
  const plan = planReduction(sizeOf(layout), 'map', deviceOf(backend));
  const part = exponentials(logits, null, layout, 'softmax', scale);
  // Classes have Σq = 1, smoothed or not.
  const parts = labels.sparse ? [part] : [part, sumsOfLabels(labels, layout)];
  return withReduction(parts, {layout, plan, precision}, backend, (reduction) => {
    const output = placeFor(x.shape);
    const map = lossGradientProgram(logits, labels, cotangent, reduction, layout, output, scale, precision);
    return drawTensor(map, x.shape, backend);
  });
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
