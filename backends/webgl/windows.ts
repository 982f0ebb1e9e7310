import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {dispose, drawScratch, type Program, type Scratch} from './textures';

/**
 * A long row is reduced window by window, so that many fragments share it and no sum gets long, and the windows then
 * by a second reduction, or a third. Windows are cut by ceil, the last one shorter: what a row of prime length costs
 * is what its neighbours cost.
 */
export interface Level {
  /** What is reduced: elements of a row, or windows of the level before. */
  items: number;
  /** Items in a window. Even, if they are elements. */
  windowLength: number;
  windows: number;
}

/** Rows up to here are reduced in one draw: one fragment a pair of rows. */
const ONE_LEVEL = 1024;
/** Rows up to here are reduced in two draws, longer ones in three. */
const TWO_LEVELS = 2 ** 18;

/** The reductions, each one draw, that leave one window of a row of n elements. */
export function levelsFor(n: number): Level[] {
  if (n <= ONE_LEVEL) return [{items: n, windowLength: n, windows: 1}];
  const levels: Level[] = [];
  let items = n;
  for (let draws = n <= TWO_LEVELS ? 2 : 3; draws > 0; draws--) {
    const windowLength = 2 * Math.ceil(items ** (1 / draws) / 2);
    const windows = Math.ceil(items / windowLength);
    levels.push({items, windowLength, windows});
    items = windows;
  }
  return levels;
}

/** Draws all levels but the last. What that one is to reduce: a texture, or the rows themselves, as null. */
export function reduceUpToLast(
  levels: Level[],
  pairs: number,
  programFor: (level: Level, partial: Scratch | null) => Program,
  backend: MathBackendWebGL,
): Scratch | null {
  let partial: Scratch | null = null;
  for (const level of levels.slice(0, -1)) {
    const next: Scratch = drawScratch(programFor(level, partial), pairs * level.windows, backend);
    if (partial) dispose(partial, backend);
    partial = next;
  }
  return partial;
}
