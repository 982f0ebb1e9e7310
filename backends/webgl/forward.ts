import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import {layRows} from './layout';
import {mapProgram} from './map_program';
import type {MaskTexture} from './mask_reader';
import {precisionFor} from './precision';
import {reduceRows} from './reduce_rows';
import {scaleOf} from './scale';
import {dispose, drawScratch, drawTensor, drawUnpackedTensor, placeFor, type Texture, withTextures} from './textures';

/** The forward pass: the rows' statistics in one draw, two or three for long rows, and then a map, if there is one. */
export function forward(request: ForwardRequest, backend: MathBackendWebGL): TensorInfo {
  const {x, mask} = request;
  return withTextures(mask ? [x, mask.tensor] : [x], backend, (logits, texture) =>
    forwardFrom(logits!, mask && {mask, texture: texture!, shape: x.shape}, request, backend),
  );
}

function forwardFrom(
  logits: Texture,
  masked: MaskTexture | null,
  {kind, x, rows, scale, outputShape}: ForwardRequest,
  backend: MathBackendWebGL,
): TensorInfo {
  const layout = layRows(x.shape, rows);
  const arithmetic = {scale: scaleOf(scale), precision: precisionFor(rows.n)};
  return reduceRows(logits, masked, layout, kind, arithmetic, backend, (last) => {
    if (kind === 'logSumExp') return drawUnpackedTensor(last, outputShape, backend);
    const statistics = drawScratch(last, layout.pairs, backend);
    const map = mapProgram(kind, logits, masked, statistics, layout, placeFor(x.shape), arithmetic);
    const result = drawTensor(map, x.shape, backend);
    dispose(statistics, backend);
    return result;
  });
}
