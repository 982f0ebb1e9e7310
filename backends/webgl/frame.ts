import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Rows} from '../engines/types';
import {contextKey} from './context';
import {type Device, deviceOf} from './device';
import {type Draw, run} from './draw';
import {NUMBERS} from './glsl/numbers';
import {TEXELS} from './glsl/texels';
import {layoutPiece, layRows, type RowLayout, sizeOf} from './layout';
import type {Size} from './plan';
import {precisionFor} from './precision';
import type {Piece} from './program';
import {scaleOf} from './scale';
import {lieOf, type Texture, withTextures} from './textures';

/** What the programs of one call have in common. */
export interface Frame {
  /** Of the logits, and of a result with a number for each of them. */
  shape: number[];
  layout: RowLayout;
  size: Size;
  device: Device;
  /** What comes first in each program. */
  prelude: Piece[];
  /** `directed` and `timesScale`, where a program takes logits. */
  scale: Piece;
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
    const key = `${name} ${shape} ${rows.n} ${rows.inner} ${scale} ${lies} ${contextKey(backend)}`;
    const framed = () => {
      const layout = layRows(shape, rows);
      const prelude = [NUMBERS, TEXELS, layoutPiece(layout), precisionFor(rows.n)];
      const size = sizeOf(layout);
      return draws(textures, {shape, layout, size, device: deviceOf(backend), prelude, scale: scaleOf(scale)});
    };
    return run(key, framed, textures, outputShape, backend);
  });
}
