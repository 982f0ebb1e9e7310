import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {env, type TensorInfo} from '@tensorflow/tfjs-core';
import {webglKeepsHalfFloats} from '../../tfjs/half_floats';
import type {Rows} from '../engines/types';
import {type Device, deviceOf} from './device';
import {type Draw, run} from './draw';
import {expOf} from './glsl/exp';
import {NUMBERS} from './glsl/numbers';
import {TEXELS} from './glsl/texels';
import {layoutPiece, layRows, type RowLayout} from './layout';
import {cutKey} from './plan';
import {precisionFor} from './precision';
import type {Piece} from './program';
import {lieOf, type Texture, withTextures} from './textures';

/** What the programs of one call have in common. */
export interface Frame {
  /** Of the logits, and of a result with a number for each of them. */
  shape: number[];
  layout: RowLayout;
  device: Device;
  /** What comes first in each program. */
  prelude: Piece[];
  /** `directed`, `timesScale` and `exponential`, where a program takes logits. */
  exp: Piece;
}

/** What a call is for: its key has all of it. */
interface Call {
  /** Whatever else its draws depend on. */
  name: string;
  shape: number[];
  rows: Rows;
  scale: number;
  outputShape: number[];
}

/** Draws one result of tensors, which programs know by these names. The draws are put together once for each kind of call. */
export function drawn(
  {name, shape, rows, scale, outputShape}: Call,
  tensors: Record<string, TensorInfo>,
  backend: MathBackendWebGL,
  draws: (textures: Record<string, Texture>, frame: Frame) => Draw[],
): TensorInfo {
  return withTextures(tensors, backend, (textures) => {
    const lies = Object.entries(textures).map(([input, texture]) => `${input}${lieOf(texture)}`);
    const device = deviceOf(backend);
    const context = [webglKeepsHalfFloats(), env().getNumber('WEBGL_MAX_TEXTURE_SIZE'), cutKey(device)];
    const key = [name, shape, rows.n, rows.inner, scale, ...lies, ...context].join(' ');
    const framed = () => {
      const layout = layRows(shape, rows);
      const prelude = [NUMBERS, TEXELS, layoutPiece(layout), precisionFor(rows.n)];
      return draws(textures, {shape, layout, device, prelude, exp: expOf(scale)});
    };
    return run(key, framed, textures, outputShape, backend);
  });
}
