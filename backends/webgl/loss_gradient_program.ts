import {cellReductionReader} from './cell_reduction';
import {cellRowsSource, rowNumberReader} from './cell_rows';
import type {Program} from './draw';
import {elementReader} from './element_reader';
import {cellSource} from './glsl/cell';
import {EXP} from './glsl/exp';
import {NUMBERS} from './glsl/numbers';
import {TEXELS} from './glsl/texels';
import {type LabelTexture, labelElementReader, labelRowReader} from './label_reader';
import type {RowLayout} from './layout';
import type {Precision} from './precision';
import {joined, type Part, type Reduction} from './reduce';
import {LAYOUT, layoutUniforms} from './row_reader';
import type {Scale} from './scale';
import {sums} from './sums';
import type {Place, Texture} from './textures';

/** One number a row, in a texture. */
export interface RowNumbers {
  texture: Texture;
  shape: number[];
}

/** g (y Σq - q), from the rows' exponentials as for softmax and, unless it is 1, Σq. */
export function lossGradientProgram(
  x: Texture,
  labels: LabelTexture,
  cotangent: RowNumbers,
  reduction: Reduction,
  layout: RowLayout,
  output: Place,
  scale: Scale,
  precision: Precision,
): Program {
  const reduced = cellReductionReader(reduction, layout.orientation);
  const hasSums = reduction.parts.length > 1;
  const readers = [
    elementReader('X', x, output),
    labelElementReader(labels, layout, output),
    rowNumberReader('G', cotangent.texture, cotangent.shape, layout),
  ];
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${cellSource(layout, output)}${cellRowsSource(layout)}
      ${precision.source}${joined(scale.source, EXP, ...reduced.pieces)}
      ${readers.map(({source}) => source).join('')}
      void main() {
        Cell cell = outputCell();
        vec4 maxima, s;
        readExponentials(cell, maxima, s);
        ${hasSums ? 'vec4 sumOfLabels, unused; readSums(cell, sumOfLabels, unused);' : ''}
        vec4 x = withinRange(elementsX(cell));
        vec4 g = ofRowsG(cell);
        vec4 yTimesSum = exponential(x, shiftOf(maxima)) / (s / UNIT)${hasSums ? ' * (sumOfLabels / UNIT)' : ''};
        vec4 slopes = mix(yTimesSum - smoothed(elementsL(cell)), vec4(NAN), haveNoSoftmax(maxima));
        vec4 result = mix(storable(g * slopes), vec4(0.), equal(g, vec4(0.)));
        setOutput(zeroOutside(result, cell));
      }`,
    inputs: ['X', 'L', 'G', ...reduced.inputs],
    uniforms: {
      ...layoutUniforms(layout),
      ...Object.assign({}, ...readers.map(({uniforms}) => uniforms)),
      ...scale.uniforms,
      ...precision.uniforms,
      ...reduced.uniforms,
    },
  };
}

/** Σq of each row. */
export function sumsOfLabels(labels: LabelTexture, layout: RowLayout): Part {
  return sums({
    readers: (level) => ({L: labelRowReader(labels, layout, level)}),
    term: 'smoothed(l)',
    stored: 't * UNIT',
  });
}
