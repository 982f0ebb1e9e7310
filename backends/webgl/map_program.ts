import {elementReader} from './element_reader';
import {cellSource} from './glsl/cell';
import {EXP} from './glsl/exp';
import {NUMBERS} from './glsl/numbers';
import {TEXELS} from './glsl/texels';
import type {RowLayout} from './layout';
import {type MaskTexture, maskElementReader} from './mask_reader';
import {LAYOUT, layoutUniforms} from './row_reader';
import {ROW_STATISTICS} from './row_statistics';
import type {Arithmetic} from './statistics_program';
import type {Place, Program, Scratch, Texture} from './textures';

const FORMULAS = {
  softmax: 'exponential(x, shiftOf(maxima)) / (second / UNIT)',
  // In this order: x - m is exact for the logits whose result is near 0.
  logSoftmax: '(timesScale(x - maxima, rest) - second) + rest',
};

/** What an element has that takes no part. */
const MASKED = {softmax: 'vec4(0.)', logSoftmax: 'storable(vec4(NEGATIVE_INFINITY))'};

/** The result of a forward op, from the logits and the statistics of their rows. */
export function mapProgram(
  kind: 'softmax' | 'logSoftmax',
  x: Texture,
  masked: MaskTexture | null,
  statistics: Scratch,
  layout: RowLayout,
  output: Place,
  {scale, precision}: Arithmetic,
): Program {
  const reader = elementReader('X', x, output);
  const mask = masked && maskElementReader(masked, output);
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${cellSource(layout, output)}${ROW_STATISTICS[layout.orientation]}
      ${scale.source}${EXP}${precision.source}${reader.source}${mask?.source ?? ''}
      void main() {
        Cell cell = outputCell();
        vec4 maxima, second, rest;
        readStatistics(cell, maxima, second);
        vec4 x = directed(withinRange(elementsX(cell)));
        vec4 result = mix(storable(${FORMULAS[kind]}), vec4(NAN), haveNoSoftmax(maxima));
        ${mask ? `result = mix(result, ${MASKED[kind]}, equal(elementsM(cell), vec4(0.)));` : ''}
        setOutput(zeroOutside(result, cell));
      }`,
    inputs: {X: x, S: statistics, ...(masked && {M: masked.texture})},
    uniforms: {
      ...layoutUniforms(layout),
      ...reader.uniforms,
      ...mask?.uniforms,
      ...scale.uniforms,
      ...precision.uniforms,
      shiftS: ['int', [statistics.shift]],
    },
  };
}
