import {elementReader} from './element_reader';
import {cellSource} from './glsl/cell';
import {EXP} from './glsl/exp';
import {NUMBERS} from './glsl/numbers';
import {TEXELS} from './glsl/texels';
import type {RowLayout} from './layout';
import {LAYOUT, layoutUniforms} from './row_reader';
import {ROW_STATISTICS} from './row_statistics';
import type {Arithmetic} from './statistics_program';
import type {Place, Program, Scratch, Texture} from './textures';

const FORMULAS = {
  softmax: 'exponential(x, shiftOf(maxima)) / (second / UNIT)',
  // In this order: x - m is exact for the logits whose result is near 0.
  logSoftmax: '(timesScale(x - maxima, rest) - second) + rest',
};

/** The result of a forward op, from the logits and the statistics of their rows. */
export function mapProgram(
  kind: 'softmax' | 'logSoftmax',
  x: Texture,
  statistics: Scratch,
  layout: RowLayout,
  output: Place,
  {scale, precision}: Arithmetic,
): Program {
  const reader = elementReader('X', x, output);
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${cellSource(layout, output)}${ROW_STATISTICS[layout.orientation]}
      ${scale.source}${EXP}${precision.source}${reader.source}
      void main() {
        Cell cell = outputCell();
        vec4 maxima, second, rest;
        readStatistics(cell, maxima, second);
        vec4 x = directed(withinRange(elementsX(cell)));
        vec4 result = ${FORMULAS[kind]};
        setOutput(zeroOutside(mix(storable(result), vec4(NAN), haveNoSoftmax(maxima)), cell));
      }`,
    inputs: {X: x, S: statistics},
    uniforms: {
      ...layoutUniforms(layout),
      ...reader.uniforms,
      ...scale.uniforms,
      ...precision.uniforms,
      shiftS: ['int', [statistics.shift]],
    },
  };
}
