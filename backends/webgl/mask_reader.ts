import {util} from '@tensorflow/tfjs-core';
import type {Mask} from '../backend';
import {maskRuns} from '../engines/mask_runs';
import {elementReader} from './element_reader';
import {indexReader} from './index_reader';
import type {RowLayout} from './layout';
import type {Level} from './plan';
import type {Piece} from './program';
import {rowReader} from './row_reader';
import type {Texture} from './textures';

/** A mask in a texture, read along with logits of some shape. */
export interface MaskTexture {
  mask: Mask;
  texture: Texture;
  shape: number[];
}

/** `startM` and `nextM`, as of `rowReader`: not 0 where an element takes part. */
export function maskRowReader(masked: MaskTexture, layout: RowLayout, level: Level): Piece {
  const {texture, shape} = masked;
  if (util.arraysEqual(texture.shape, shape)) return rowReader('M', texture, layout, level);
  return [
    broadcastReader(masked),
    `
      ivec2 indexM;
      void startM(int pair, int first) {
        ivec4 places = placesOfPair(pair, first);
        indexM = ivec2(maskIndex(places.xy), maskIndex(places.zw));
      }
      vec4 nextM() {
        ivec2 following = indexM + stepsOfMask.x;
        vec4 m = vec4(atM(indexM.x), atM(following.x), atM(indexM.y), atM(following.y));
        indexM = following + (STEP - 1) * stepsOfMask.x;
        return m;
      }`,
  ];
}

/** `elementsM`, as of `elementReader`: not 0 where an element takes part. */
export function maskElementReader(masked: MaskTexture): Piece {
  const {texture, shape} = masked;
  if (util.arraysEqual(texture.shape, shape)) return elementReader('M', texture);
  return [
    broadcastReader(masked),
    `
      vec4 elementsM(Cell cell) {
        int upper = maskIndex(ivec2(cell.column, cell.line));
        int lower = maskIndex(ivec2(cell.column, cell.line + 1));
        return vec4(atM(upper), atM(upper + stepsOfMask.y), atM(lower), atM(lower + stepsOfMask.y));
      }`,
  ];
}

/** GLSL for the index in the mask of a (column, line) of the grid. */
function broadcastReader({mask, texture, shape}: MaskTexture): Piece {
  const {step: columnStep, outer} = maskRuns(texture.shape, shape, shape.length - 1);
  // How the mask runs along the lines of the grid: of the six dimensions that tfjs allows, at most three runs move it.
  const runs: [linesBelow: number, length: number, step: number][] = [];
  let linesBelow = 1;
  for (const {length, step} of outer.reverse()) {
    if (step > 0) runs.push([linesBelow, length, step]);
    linesBelow *= length;
  }
  const [belows, lengths, steps] = [0, 1, 2].map((of) => [0, 1, 2, 3].map((k) => (runs[k] ?? [1, 1, 0])[of]!));
  return [
    indexReader('M', texture),
    {
      source: `
      int maskIndex(ivec2 place) {
        ivec4 ofRuns = place.y / linesBelowRuns % lengthsOfRuns * stepsOfRuns;
        return ofRuns.x + ofRuns.y + ofRuns.z + ofRuns.w + place.x * stepsOfMask.y;
      }`,
      uniforms: {
        // From one element of a row to the next, and from one column to the next.
        stepsOfMask: ['ivec4', [mask.step, columnStep, 0, 0]],
        linesBelowRuns: ['ivec4', belows!],
        lengthsOfRuns: ['ivec4', lengths!],
        stepsOfRuns: ['ivec4', steps!],
      },
    },
  ];
}
