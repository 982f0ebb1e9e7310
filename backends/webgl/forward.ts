import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import {contextKey} from './context';
import {type Device, deviceOf} from './device';
import {type Draw, run, tensorDraw} from './draw';
import {exponentials} from './exponentials';
import {layRows} from './layout';
import {mapProgram} from './map_program';
import type {MaskTexture} from './mask_reader';
import {planReduction} from './plan';
import {precisionFor} from './precision';
import {reductionOf, reductionToNumbers, sizeOf} from './reduce';
import {scaleOf} from './scale';
import {lieOf, placeFor, type Texture, withTextures} from './textures';

/** The forward pass: the rows' exponentials are reduced, and then mapped, if there is a map. */
export function forward(request: ForwardRequest, backend: MathBackendWebGL): TensorInfo {
  const {kind, x, mask, rows, scale, outputShape} = request;
  return withTextures(mask ? [x, mask.tensor] : [x], backend, (logits, texture) => {
    const masked = mask && {mask, texture: texture!, shape: x.shape};
    const key =
      `${kind} ${x.shape} ${rows.n} ${rows.inner} ${scale} ${lieOf(logits!)} ` +
      `${masked ? `${mask.tensor.shape};${lieOf(texture!)}` : ''} ${contextKey(backend)}`;
    const textures = {X: logits!, ...(masked && {M: texture!})};
    return run(key, () => forwardDraws(logits!, masked, request, deviceOf(backend)), textures, outputShape, backend);
  });
}

function forwardDraws(
  logits: Texture,
  masked: MaskTexture | null,
  {kind, x, rows, scale: factor, outputShape}: ForwardRequest,
  device: Device,
): Draw[] {
  const layout = layRows(x.shape, rows);
  const [scale, precision] = [scaleOf(factor), precisionFor(rows.n)];
  const plan = planReduction(sizeOf(layout), kind === 'logSumExp' ? 'none' : 'map', device);
  const part = exponentials(logits, masked, layout, kind, scale);
  const rules = {layout, plan, precision};
  if (kind === 'logSumExp') return reductionToNumbers(part, rules, outputShape);
  const {draws, reduction} = reductionOf([part], rules);
  const map = mapProgram(kind, logits, masked, reduction, layout, placeFor(x.shape), scale, precision);
  return [...draws, tensorDraw(map, x.shape)];
}
