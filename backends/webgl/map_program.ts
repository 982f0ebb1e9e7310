import {cellReductionReader} from './cell_reduction';
import type {Program} from './draw';
import {elementReader} from './element_reader';
import {cellSource} from './glsl/cell';
import {EXP} from './glsl/exp';
import {NUMBERS} from './glsl/numbers';
import {TEXELS} from './glsl/texels';
import type {RowLayout} from './layout';
import {type MaskTexture, maskElementReader} from './mask_reader';
import type {Precision} from './precision';
import {joined, type Reduction} from './reduce';
import {LAYOUT, layoutUniforms} from './row_reader';
import type {Scale} from './scale';
import type {Place, Texture} from './textures';

const FORMULAS = {
  softmax: 'exponential(x, shiftOf(maxima)) / (second / UNIT)',
  // In this order: x - m is exact for the logits whose result is near 0.
  logSoftmax: '(timesScale(x - maxima, rest) - second) + rest',
};

/** What an element has that takes no part. */
const MASKED = {softmax: 'vec4(0.)', logSoftmax: 'storable(vec4(NEGATIVE_INFINITY))'};

/** The result of a forward op, from the logits and what the reduction of their rows left. */
export function mapProgram(
  kind: 'softmax' | 'logSoftmax',
  x: Texture,
  masked: MaskTexture | null,
  reduction: Reduction,
  layout: RowLayout,
  output: Place,
  scale: Scale,
  precision: Precision,
): Program {
  const reader = elementReader('X', x, output);
  const mask = masked && maskElementReader(masked, output);
  const statistics = cellReductionReader(reduction, layout.orientation);
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${cellSource(layout, output)}${precision.source}
      ${joined(scale.source, EXP, ...statistics.pieces)}${reader.source}${mask?.source ?? ''}
      void main() {
        Cell cell = outputCell();
        vec4 maxima, second, rest;
        readExponentials(cell, maxima, second);
        vec4 x = directed(withinRange(elementsX(cell)));
        vec4 result = mix(storable(${FORMULAS[kind]}), vec4(NAN), haveNoSoftmax(maxima));
        ${mask ? `result = mix(result, ${MASKED[kind]}, equal(elementsM(cell), vec4(0.)));` : ''}
        setOutput(zeroOutside(result, cell));
      }`,
    inputs: ['X', ...statistics.inputs, ...(masked ? ['M'] : [])],
    uniforms: {
      ...layoutUniforms(layout),
      ...reader.uniforms,
      ...mask?.uniforms,
      ...scale.uniforms,
      ...precision.uniforms,
      ...statistics.uniforms,
    },
  };
}
