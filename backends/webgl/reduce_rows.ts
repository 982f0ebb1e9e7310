import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {RowLayout} from './layout';
import type {MaskTexture} from './mask_reader';
import {mergeProgram} from './merge_program';
import type {Outcome} from './outcome';
import {type Arithmetic, statisticsProgram} from './statistics_program';
import {dispose, type Program, type Scratch, type Texture} from './textures';
import {type Level, levelsFor, reduceUpToLast} from './windows';

/** Reduces rows of logits to an outcome; `drawLast` draws the program that leaves it. */
export function reduceRows<T>(
  logits: Texture,
  masked: MaskTexture | null,
  layout: RowLayout,
  outcome: Outcome,
  arithmetic: Arithmetic,
  backend: MathBackendWebGL,
  drawLast: (program: Program) => T,
): T {
  const reduction = (level: Level, partial: Scratch | null, left: Outcome) =>
    partial === null
      ? statisticsProgram(logits, masked, layout, level, left, arithmetic)
      : mergeProgram(partial, layout, level, left, arithmetic);

  const levels = levelsFor(layout.n);
  const partial = reduceUpToLast(levels, layout.pairs, (level, before) => reduction(level, before, 'window'), backend);
  try {
    return drawLast(reduction(levels.at(-1)!, partial, outcome));
  } finally {
    if (partial) dispose(partial, backend);
  }
}
