import type {ProductKind} from '../engines/types';
import {elementReader} from './element_reader';
import {cellSource} from './glsl/cell';
import {NUMBERS} from './glsl/numbers';
import {TEXELS} from './glsl/texels';
import type {RowLayout} from './layout';
import type {Precision} from './precision';
import {LAYOUT, layoutUniforms} from './row_reader';
import {ROW_STATISTICS} from './row_statistics';
import type {Place, Program, Scratch, Texture} from './textures';

const FORMULAS: Record<ProductKind, string> = {
  softmaxProduct: 'y * (v - t)',
  logSoftmaxJvp: 'v - t',
  logSoftmaxVjp: 'v - y * t',
};

/** A Jacobian product, from probabilities, vector and the sums of the rows. */
export function productMapProgram(
  kind: ProductKind,
  y: Texture,
  v: Texture,
  sums: Scratch,
  layout: RowLayout,
  output: Place,
  factor: number,
  precision: Precision,
): Program {
  const inputs: Record<string, Texture> = kind === 'logSoftmaxJvp' ? {V: v} : {Y: y, V: v};
  const readers = Object.entries(inputs).map(([name, texture]) => elementReader(name, texture, output));
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${cellSource(layout, output)}${ROW_STATISTICS[layout.orientation]}
      ${precision.source}${readers.map(({source}) => source).join('')}
      void main() {
        Cell cell = outputCell();
        vec4 t, unused;
        readStatistics(cell, t, unused);
        t /= UNIT;
        ${Object.keys(inputs)
          .map((name) => `vec4 ${name.toLowerCase()} = elements${name}(cell);`)
          .join('\n')}
        setOutput(zeroOutside(factor * (${FORMULAS[kind]}), cell));
      }`,
    inputs: {...inputs, S: sums},
    uniforms: {
      ...layoutUniforms(layout),
      ...Object.assign({}, ...readers.map(({uniforms}) => uniforms)),
      ...precision.uniforms,
      factor: ['float', [factor]],
      shiftS: ['int', [sums.shift]],
    },
  };
}
