import {cellRowsSource, rowNumberReader} from './cell_rows';
import {elementReader} from './element_reader';
import {cellSource} from './glsl/cell';
import {EXP} from './glsl/exp';
import {NUMBERS} from './glsl/numbers';
import {blockwise} from './glsl/sum';
import {TEXELS} from './glsl/texels';
import {type LabelTexture, labelElementReader, labelRowReader} from './label_reader';
import type {RowLayout} from './layout';
import {LAYOUT, layoutUniforms} from './row_reader';
import {ROW_STATISTICS} from './row_statistics';
import type {Arithmetic} from './statistics_program';
import type {Place, Program, Scratch, Texture} from './textures';

/** One number a row, in a texture. */
export interface RowNumbers {
  texture: Texture;
  shape: number[];
}

/** g (y Σq - q), from the rows' maxima and Σq / s. */
export function lossGradientProgram(
  x: Texture,
  labels: LabelTexture,
  cotangent: RowNumbers,
  statistics: Scratch,
  layout: RowLayout,
  output: Place,
  {scale, precision}: Arithmetic,
): Program {
  const readers = [
    elementReader('X', x, output),
    labelElementReader(labels, layout, output),
    rowNumberReader('G', cotangent.texture, cotangent.shape, layout),
  ];
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${cellSource(layout, output)}${cellRowsSource(layout)}
      ${ROW_STATISTICS[layout.orientation]}${scale.source}${EXP}${precision.source}
      ${readers.map(({source}) => source).join('')}
      void main() {
        Cell cell = outputCell();
        vec4 maxima, share;
        readStatistics(cell, maxima, share);
        vec4 x = withinRange(elementsX(cell));
        vec4 g = ofRowsG(cell);
        vec4 yTimesSum = exponential(x, shiftOf(maxima)) * (share / SHARE);
        vec4 slopes = mix(yTimesSum - smoothed(elementsL(cell)), vec4(NAN), haveNoSoftmax(maxima));
        vec4 result = mix(storable(g * slopes), vec4(0.), equal(g, vec4(0.)));
        setOutput(zeroOutside(result, cell));
      }`,
    inputs: {X: x, L: labels.texture, G: cotangent.texture, S: statistics},
    uniforms: {
      ...layoutUniforms(layout),
      ...Object.assign({}, ...readers.map(({uniforms}) => uniforms)),
      ...scale.uniforms,
      ...precision.uniforms,
      shiftS: ['int', [statistics.shift]],
    },
  };
}

/** A reduction to `labelShare`, with the Σq that it divides. */
export function withSumOfLabels(reduction: Program, labels: LabelTexture, layout: RowLayout): Program {
  // Smoothed or not.
  if (labels.sparse)
    return {...reduction, source: `${reduction.source} vec4 sumOfLabels(int pair) { return vec4(1.); }`};
  const reader = labelRowReader(labels, layout);
  return {
    source: `${reduction.source}${reader.source}
      vec4 sumOfLabels(int pair) {
        Window window = Window(pair, 0, N);
        startL(pair, 0);
        vec4 q = vec4(0.);
        ${blockwise(
          'q',
          2,
          `
          vec4 labels = smoothed(nextL());
          if (j + 1 == window.end) labels.yw = vec2(0.);
          sum += labels;`,
        )}
        return q + q.yxwz;
      }`,
    inputs: {...reduction.inputs, L: labels.texture},
    uniforms: {...reduction.uniforms, ...reader.uniforms},
  };
}
