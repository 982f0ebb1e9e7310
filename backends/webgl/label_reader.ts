import {rowNumberReader} from './cell_rows';
import {elementReader} from './element_reader';
import {indexReader} from './index_reader';
import type {RowLayout} from './layout';
import type {Level} from './plan';
import {rowReader} from './row_reader';
import type {Place, Program, Texture} from './textures';

/** Labels in a texture: one a logit; or if sparse, for each row the index of its class. */
export interface LabelTexture {
  texture: Texture;
  shape: number[];
  sparse: boolean;
  smoothing: number;
}

type Reader = Pick<Program, 'source' | 'uniforms'>;

/** `startL` and `nextL`, as of `rowReader`: the labels of a pair of rows, to be `smoothed`. */
export function labelRowReader(
  {texture, shape, sparse, smoothing}: LabelTexture,
  layout: RowLayout,
  level: Level,
): Reader {
  const {source, uniforms} = sparse ? indexReader('L', texture, shape) : rowReader('L', texture, layout, level);
  const fromClasses = `${ONE_HOT}
    ivec2 classes;
    int elementOfL;
    void startL(int pair, int first) {
      ivec2 rows = rowsOfPair(pair);
      classes = ivec2(atL(rows.x), atL(rows.y));
      elementOfL = first;
    }
    vec4 nextL() {
      ivec4 elements = elementOfL + ivec4(0, 1, 0, 1);
      elementOfL += STEP;
      return oneHot(classes.xxyy, elements);
    }`;
  return {
    source: `${source}${sparse ? fromClasses : ''}${SMOOTHED}`,
    uniforms: {...uniforms, ...smoothingUniforms(smoothing, layout)},
  };
}

/** `elementsL`, as of `elementReader`: the labels of a cell, to be `smoothed`. */
export function labelElementReader(labels: LabelTexture, layout: RowLayout, output: Place): Reader {
  const {texture, shape, sparse, smoothing} = labels;
  const {source, uniforms} = sparse
    ? rowNumberReader('L', texture, shape, layout)
    : elementReader('L', texture, output);
  const fromClasses = `${ONE_HOT}
    vec4 elementsL(Cell cell) { return oneHot(ivec4(ofRowsL(cell)), elementsInRows(cell)); }`;
  return {
    source: `${source}${sparse ? fromClasses : ''}${SMOOTHED}`,
    uniforms: {...uniforms, ...smoothingUniforms(smoothing, layout)},
  };
}

function smoothingUniforms(smoothing: number, {n}: RowLayout): Program['uniforms'] {
  return {smoothing: ['vec4', [1 - smoothing, smoothing / n, 0, 0]]};
}

const SMOOTHED = `
  vec4 smoothed(vec4 labels) { return labels * smoothing.x + smoothing.y; }
`;

/** An index that is no class makes its row NaN. */
const ONE_HOT = `
  vec4 oneHot(ivec4 classes, ivec4 elements) {
    bvec4 isClass = lessThan(uvec4(classes), uvec4(N));
    return mix(vec4(NAN), vec4(equal(classes, elements)), isClass);
  }
`;
