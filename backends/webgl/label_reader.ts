import {ofRowsOfCell} from './cell_rows';
import type {Program} from './draw';
import {elementReader} from './element_reader';
import {indexReader} from './index_reader';
import type {RowLayout} from './layout';
import type {Level} from './plan';
import {rowReader} from './row_reader';
import type {Place, Texture} from './textures';

/** Labels in a texture: one a logit; or if sparse, for each row the index of its class. */
export interface LabelTexture {
  texture: Texture;
  shape: number[];
  sparse: boolean;
  /** Whether class indices come in two halves: see class_indices.ts. */
  inHalves: boolean;
  smoothing: number;
}

type Reader = Pick<Program, 'source' | 'uniforms'>;

/** `startL` and `nextL`, as of `rowReader`: the labels of a pair of rows, to be `smoothed`. */
export function labelRowReader(labels: LabelTexture, layout: RowLayout, level: Level): Reader {
  const {texture, sparse, smoothing} = labels;
  const {source, uniforms} = sparse ? classReader(labels) : rowReader('L', texture, layout, level);
  const fromClasses = `${ONE_HOT}
    ivec2 classes;
    int elementOfL;
    void startL(int pair, int first) {
      ivec2 rows = rowsOfPair(pair);
      classes = ivec2(classOf(rows.x), classOf(rows.y));
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
  const {texture, sparse, smoothing} = labels;
  const {source, uniforms} = sparse ? classReader(labels) : elementReader('L', texture, output);
  const fromClasses = `${ofRowsOfCell('ivec', 'classesOf', 'classOf', layout.orientation)}${ONE_HOT}
    vec4 elementsL(Cell cell) { return oneHot(classesOf(cell), elementsInRows(cell)); }`;
  return {
    source: `${source}${sparse ? fromClasses : ''}${SMOOTHED}`,
    uniforms: {...uniforms, ...smoothingUniforms(smoothing, layout)},
  };
}

/** GLSL that reads the class of a row, `classOf(row)`; -1 or less, or N or more, if it is none. */
export function classReader({texture, shape, inHalves}: LabelTexture): Reader {
  const {source, uniforms} = indexReader('L', texture, shape);
  if (inHalves) {
    return {
      source: `${source}
    int classOf(int row) { return int(atL(row)) * 2048 + int(atL(rowsOfClasses + row)); }`,
      uniforms: {...uniforms, rowsOfClasses: ['int', [shape[0]! / 2]]},
    };
  }
  return {
    source: `${source}
    int classOf(int row) {
      float index = atL(row);
      return index >= 0. && index < float(N) ? int(index) : -1;
    }`,
    uniforms,
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
