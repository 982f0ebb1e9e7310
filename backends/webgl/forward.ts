import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import {deviceOf} from './device';
import {exponentials} from './exponentials';
import {layRows} from './layout';
import {mapProgram} from './map_program';
import type {MaskTexture} from './mask_reader';
import {planReduction} from './plan';
import {precisionFor} from './precision';
import {reduceToTensor, sizeOf, withReduction} from './reduce';
import {scaleOf} from './scale';
import {drawTensor, placeFor, type Texture, withTextures} from './textures';

/** The forward pass: the rows' exponentials are reduced, and then mapped, if there is a map. */
export function forward(request: ForwardRequest, backend: MathBackendWebGL): TensorInfo {
  const {x, mask} = request;
  return withTextures(mask ? [x, mask.tensor] : [x], backend, (logits, texture) =>
    forwardFrom(logits!, mask && {mask, texture: texture!, shape: x.shape}, request, backend),
  );
}

function forwardFrom(
  logits: Texture,
  masked: MaskTexture | null,
  {kind, x, rows, scale: factor, outputShape}: ForwardRequest,
  backend: MathBackendWebGL,
): TensorInfo {
  const layout = layRows(x.shape, rows);
  const [scale, precision] = [scaleOf(factor), precisionFor(rows.n)];
  const plan = planReduction(sizeOf(layout), kind === 'logSumExp' ? 'none' : 'map', deviceOf(backend));
  const part = exponentials(logits, masked, layout, kind, scale);
  const rules = {layout, plan, precision};
  if (kind === 'logSumExp') return reduceToTensor(part, rules, outputShape, backend);
  return withReduction([part], rules, backend, (statistics) => {
    const map = mapProgram(kind, logits, masked, statistics, layout, placeFor(x.shape), scale, precision);
    return drawTensor(map, x.shape, backend);
  });
}
