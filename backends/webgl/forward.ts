import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ForwardRequest} from '../backend';
import {layRows} from './layout';
import {mapProgram} from './map_program';
import {mergeProgram} from './merge_program';
import type {Outcome} from './outcome';
import {precisionFor} from './precision';
import {scaleOf} from './scale';
import {statisticsProgram} from './statistics_program';
import {
  dispose,
  drawScratch,
  drawTensor,
  drawUnpackedTensor,
  placeFor,
  type Scratch,
  type Texture,
  withTextures,
} from './textures';
import {type Level, levelsFor, reduceUpToLast} from './windows';

/** The forward pass: the rows' statistics in one draw, two or three for long rows, and then a map, if there is one. */
export function forward(request: ForwardRequest, backend: MathBackendWebGL): TensorInfo {
  return withTextures([request.x], backend, (logits) => forwardFrom(logits!, request, backend));
}

function forwardFrom(
  logits: Texture,
  {kind, x, rows, scale, outputShape}: ForwardRequest,
  backend: MathBackendWebGL,
): TensorInfo {
  const layout = layRows(x.shape, rows);
  const arithmetic = {scale: scaleOf(scale), precision: precisionFor(rows.n)};
  const reduction = (level: Level, partial: Scratch | null, outcome: Outcome) =>
    partial === null
      ? statisticsProgram(logits, layout, level, outcome, arithmetic)
      : mergeProgram(partial, layout, level, outcome, arithmetic);

  const levels = levelsFor(rows.n);
  const partial = reduceUpToLast(levels, layout.pairs, (level, before) => reduction(level, before, 'window'), backend);
  const last = reduction(levels.at(-1)!, partial, kind);
  try {
    if (kind === 'logSumExp') return drawUnpackedTensor(last, outputShape, backend);
    const statistics = drawScratch(last, layout.pairs, backend);
    const map = mapProgram(kind, logits, statistics, layout, placeFor(x.shape), arithmetic);
    const result = drawTensor(map, x.shape, backend);
    dispose(statistics, backend);
    return result;
  } finally {
    if (partial) dispose(partial, backend);
  }
}
