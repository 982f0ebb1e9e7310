import {util} from '@tensorflow/tfjs-core';
import type {Mask} from '../backend';
import type {Program} from './draw';
import {elementReader} from './element_reader';
import {indexReader} from './index_reader';
import type {RowLayout} from './layout';
import type {Level} from './plan';
import {rowReader} from './row_reader';
import type {Place, Texture} from './textures';

/** A mask in a texture, read along with logits of some shape. */
export interface MaskTexture {
  mask: Mask;
  texture: Texture;
  shape: number[];
}

type Reader = Pick<Program, 'source' | 'uniforms'>;

/** `startM` and `nextM`, as of `rowReader`: not 0 where an element takes part. */
export function maskRowReader(masked: MaskTexture, layout: RowLayout, level: Level): Reader {
  const {mask, texture, shape} = masked;
  if (util.arraysEqual(mask.tensor.shape, shape)) return rowReader('M', texture, layout, level);
  const {source, uniforms} = broadcastReader(masked);
  return {
    source: `${source}
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
    uniforms,
  };
}

/** `elementsM`, as of `elementReader`: not 0 where an element takes part. */
export function maskElementReader(masked: MaskTexture, output: Place): Reader {
  const {mask, texture, shape} = masked;
  if (util.arraysEqual(mask.tensor.shape, shape)) return elementReader('M', texture, output);
  const {source, uniforms} = broadcastReader(masked);
  return {
    source: `${source}
      vec4 elementsM(Cell cell) {
        int upper = maskIndex(ivec2(cell.column, cell.line));
        int lower = maskIndex(ivec2(cell.column, cell.line + 1));
        return vec4(atM(upper), atM(upper + stepsOfMask.y), atM(lower), atM(lower + stepsOfMask.y));
      }`,
    uniforms,
  };
}

/** GLSL for the index in the mask of a (column, line) of the grid. */
function broadcastReader({mask, texture, shape}: MaskTexture): Reader {
  const at = indexReader('M', texture, mask.tensor.shape);
  const runs = runsOf(mask.tensor.shape, shape);
  const ofRuns = (number: (run: Run) => number, otherwise: number): ['ivec4', number[]] => [
    'ivec4',
    Array.from({length: 4}, (_, k) => (runs[k] ? number(runs[k]) : otherwise)),
  ];
  return {
    source: `${at.source}
      int maskIndex(ivec2 place) {
        ivec4 ofRuns = place.y / linesBelowRuns % lengthsOfRuns * stepsOfRuns;
        return ofRuns.x + ofRuns.y + ofRuns.z + ofRuns.w + place.x * stepsOfMask.y;
      }`,
    uniforms: {
      ...at.uniforms,
      // From one element of a row to the next, and from one column to the next.
      stepsOfMask: ['ivec4', [mask.step, (mask.tensor.shape.at(-1) ?? 1) > 1 ? 1 : 0, 0, 0]],
      linesBelowRuns: ofRuns(({linesBelow}) => linesBelow, 1),
      lengthsOfRuns: ofRuns(({length}) => length, 1),
      stepsOfRuns: ofRuns(({step}) => step, 0),
    },
  };
}

/** Adjacent dimensions that the mask has too, as one; between two such runs it is repeated. */
interface Run {
  /** Lines of the grid from one index to the next. */
  linesBelow: number;
  length: number;
  /** Elements of the mask from one index to the next. */
  step: number;
}

/** Of all dimensions but the last: of the six that tfjs allows, at most three runs. */
function runsOf(maskShape: number[], shape: number[]): Run[] {
  const runs: Run[] = [];
  let linesBelow = 1;
  let step = maskShape.at(-1) ?? 1;
  for (let d = 2; d <= shape.length; d++) {
    const length = maskShape.at(-d) ?? 1;
    const run = runs.at(-1);
    if (length > 1) {
      if (run && run.linesBelow * run.length === linesBelow) run.length *= length;
      else runs.push({linesBelow, length, step});
    }
    linesBelow *= shape.at(-d)!;
    step *= length;
  }
  return runs;
}
