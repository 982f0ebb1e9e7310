import {elementsInRows, ofRowsOfCell} from './cell_rows';
import {elementReader} from './element_reader';
import {indexReader} from './index_reader';
import type {RowLayout} from './layout';
import type {Level} from './plan';
import type {Piece} from './program';
import {rowReader} from './row_reader';
import type {Texture} from './textures';

/** Labels in a texture: one a logit; or if sparse, for each row the index of its class. */
export interface LabelTexture {
  texture: Texture;
  sparse: boolean;
  /** Whether class indices come in two halves: see class_indices.ts. */
  inHalves: boolean;
  smoothing: number;
}

/** `startL` and `nextL`, as of `rowReader`: the labels of a pair of rows, to be `smoothed`. */
export function labelRowReader(labels: LabelTexture, layout: RowLayout, level: Level): Piece {
  const nextOneHot = `
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
  const reader = labels.sparse
    ? [classReader(labels), ONE_HOT, nextOneHot]
    : rowReader('L', labels.texture, layout, level);
  return [reader, smoothedBy(labels, layout)];
}

/** `elementsL`, as of `elementReader`: the labels of a cell, to be `smoothed`. */
export function labelElementReader(labels: LabelTexture, layout: RowLayout): Piece {
  const {orientation} = layout;
  const reader = labels.sparse
    ? [
        classReader(labels),
        ofRowsOfCell('ivec', 'classesOf', 'classOf', orientation),
        elementsInRows(orientation),
        ONE_HOT,
        'vec4 elementsL(Cell cell) { return oneHot(classesOf(cell), elementsInRows(cell)); }',
      ]
    : elementReader('L', labels.texture);
  return [reader, smoothedBy(labels, layout)];
}

/** GLSL that reads the class of a row, `classOf(row)`; -1 or less, or N or more, if it is none. */
export function classReader({texture, inHalves}: LabelTexture): Piece {
  const inTwo: Piece = {
    source: `
    int classOf(int row) { return int(atL(row)) * 2048 + int(atL(rowsOfClasses + row)); }`,
    uniforms: {rowsOfClasses: ['int', [texture.shape[0]! / 2]]},
  };
  const inOne = `
    int classOf(int row) {
      float index = atL(row);
      return index >= 0. && index < float(N) ? int(index) : -1;
    }`;
  return [indexReader('L', texture), inHalves ? inTwo : inOne];
}

function smoothedBy({smoothing}: LabelTexture, {n}: RowLayout): Piece {
  return {
    source: `
    vec4 smoothed(vec4 labels) { return labels * smoothing.x + smoothing.y; }`,
    uniforms: {smoothing: ['vec4', [1 - smoothing, smoothing / n, 0, 0]]},
  };
}

/** An index that is no class makes its row NaN. */
const ONE_HOT = `
  vec4 oneHot(ivec4 classes, ivec4 elements) {
    bvec4 isClass = lessThan(uvec4(classes), uvec4(N));
    return mix(vec4(NAN), vec4(equal(classes, elements)), isClass);
  }
`;
