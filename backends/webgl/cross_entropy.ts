import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {CrossEntropyGradientRequest, CrossEntropyRequest} from '../backend';
import {ofRowsOfCell} from './cell_rows';
import {indicesFor} from './class_indices';
import type {Draw} from './draw';
import {elementReader} from './element_reader';
import {exponentials} from './exponentials';
import {drawn, type Frame} from './frame';
import {pairSource} from './glsl/pair';
import {indexReader} from './index_reader';
import {type LabelTexture, labelElementReader, labelRowReader} from './label_reader';
import {classLossesDraw, losses} from './losses';
import {mapDraws, PROBABILITIES} from './map';
import {reductionOf} from './reduce';
import {sums} from './sums';
import type {Texture} from './textures';

/** Cross-entropy: the rows' exponentials are reduced, as for logSoftmax, and then their costs. */
export function crossEntropy(request: CrossEntropyRequest, backend: MathBackendWebGL): TensorInfo {
  const {sparse, smoothing, outputShape} = request;
  return withLabels('loss', request, outputShape, {}, backend, (labels, {X}, frame) => {
    const part = exponentials(X!, null, 'logSoftmax', frame);
    const reduction = reductionOf([part], 'rows', frame);
    if (sparse && smoothing === 0) {
      return [...reduction.draws, classLossesDraw(X!, labels, reduction, frame, outputShape)];
    }
    const second = losses(X!, labels, reduction, frame);
    return [...reduction.draws, ...reductionOf([second], 'second sum', frame, outputShape).draws];
  });
}

/** Its derivative in the logits, g (y Σq - q): the rows' exponentials and Σq are reduced in the same draws, and mapped. */
export function crossEntropyGradient(request: CrossEntropyGradientRequest, backend: MathBackendWebGL): TensorInfo {
  const {x, sparse, cotangent} = request;
  return withLabels('gradient', request, x.shape, {G: cotangent}, backend, (labels, {X, G}, frame) => {
    const {layout} = frame;
    const part = exponentials(X!, null, 'softmax', frame);
    const sumOfLabels = sums({
      readers: (level) => ({L: labelRowReader(labels, layout, level)}),
      term: 'smoothed(l)',
    });
    // Classes have Σq = 1, smoothed or not.
    const parts = sparse ? [part] : [part, sumOfLabels];
    const pieces = [
      pairSource(layout),
      frame.exp,
      elementReader('X', X!),
      labelElementReader(labels, layout),
      indexReader('G', G!),
      ofRowsOfCell('vec', 'ofRowsG', 'atG', layout.orientation),
    ];
    const body = `${PROBABILITIES}
        vec4 g = ofRowsG(cell);
        vec4 slopes = y${sparse ? '' : ' * t'} - smoothed(elementsL(cell));
        vec4 result = mix(storable(g * slopes), vec4(0.), equal(g, vec4(0.)));`;
    return mapDraws(parts, pieces, body, frame);
  });
}

/** Draws a result of logits and labels, and of other tensors. */
function withLabels(
  name: string,
  {x, labels, sparse, smoothing, rows}: CrossEntropyRequest,
  outputShape: number[],
  others: Record<string, TensorInfo>,
  backend: MathBackendWebGL,
  draws: (labels: LabelTexture, textures: Record<string, Texture>, frame: Frame) => Draw[],
): TensorInfo {
  const {tensor, inHalves} = sparse ? indicesFor(labels, rows.n, backend) : {tensor: labels, inHalves: false};
  const kind = `${sparse ? 's' : 'd'}${inHalves ? 'h' : ''}`;
  const call = {name: `${name} ${kind} ${smoothing}`, shape: x.shape, rows, scale: 1, outputShape};
  try {
    return drawn(call, {X: x, L: tensor, ...others}, backend, (textures, frame) =>
      draws({texture: textures.L!, sparse, inHalves, smoothing}, textures, frame),
    );
  } finally {
    if (inHalves) backend.disposeIntermediateTensorInfo(tensor);
  }
}
