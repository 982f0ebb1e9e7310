import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {CrossEntropyGradientRequest, CrossEntropyRequest} from '../backend';
import type {LabelTexture} from './label_reader';
import {layRows} from './layout';
import {lossGradientProgram, type RowNumbers, withSumOfLabels} from './loss_gradient_program';
import {classLossProgram, lossProgram} from './loss_program';
import {precisionFor} from './precision';
import {reduceRows} from './reduce_rows';
import {scaleOf} from './scale';
import {dispose, drawScratch, drawTensor, drawUnpackedTensor, placeFor, type Texture, withTextures} from './textures';

/** Cross-entropy: the rows' statistics, as for logSoftmax, and one draw for the losses. */
export function crossEntropy(request: CrossEntropyRequest, backend: MathBackendWebGL): TensorInfo {
  const {x, labels, rows, sparse, smoothing, outputShape} = request;
  return withTextures([x, labels], backend, (logits, labelTexture) => {
    const layout = layRows(x.shape, rows);
    const arithmetic = arithmeticFor(rows.n);
    const statistics = reduceRows(logits!, null, layout, 'logSoftmax', arithmetic, backend, (last) =>
      drawScratch(last, layout.pairs, backend),
    );
    const given = labelsIn(labelTexture!, request);
    const losses =
      sparse && smoothing === 0
        ? classLossProgram(logits!, x.shape, given, statistics, layout, arithmetic.precision)
        : lossProgram(logits!, given, statistics, layout, arithmetic.precision);
    const result = drawUnpackedTensor(losses, outputShape, backend);
    dispose(statistics, backend);
    return result;
  });
}

/** Its derivative in the logits: the rows' maxima and Σq / s, and a map. */
export function crossEntropyGradient(request: CrossEntropyGradientRequest, backend: MathBackendWebGL): TensorInfo {
  const {x, labels, cotangent} = request;
  return withTextures([x, labels, cotangent], backend, (logits, labelTexture, cotangentTexture) =>
    gradientFrom(
      logits!,
      labelsIn(labelTexture!, request),
      {texture: cotangentTexture!, shape: cotangent.shape},
      request,
      backend,
    ),
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
  const arithmetic = arithmeticFor(rows.n);
  const statistics = reduceRows(logits, null, layout, 'labelShare', arithmetic, backend, (last) =>
    drawScratch(withSumOfLabels(last, labels, layout), layout.pairs, backend),
  );
  const map = lossGradientProgram(logits, labels, cotangent, statistics, layout, placeFor(x.shape), arithmetic);
  const result = drawTensor(map, x.shape, backend);
  dispose(statistics, backend);
  return result;
}

function arithmeticFor(n: number) {
  return {scale: scaleOf(1), precision: precisionFor(n)};
}

function labelsIn(texture: Texture, {labels, sparse, smoothing}: CrossEntropyRequest): LabelTexture {
  return {texture, shape: labels.shape, sparse, smoothing};
}
