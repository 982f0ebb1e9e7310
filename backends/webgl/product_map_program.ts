import type {ProductKind} from '../engines/types';
import {cellReductionReader} from './cell_reduction';
import type {Program} from './draw';
import {elementReader} from './element_reader';
import {cellSource} from './glsl/cell';
import {EXP} from './glsl/exp';
import {NUMBERS} from './glsl/numbers';
import {TEXELS} from './glsl/texels';
import type {RowLayout} from './layout';
import type {Precision} from './precision';
import {joined, type Reduction} from './reduce';
import {LAYOUT, layoutUniforms} from './row_reader';
import type {Scale} from './scale';
import type {Place, Texture} from './textures';

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
  reduction: Reduction,
  layout: RowLayout,
  output: Place,
  factor: number,
  precision: Precision,
): Program {
  const inputs: Record<string, Texture> = kind === 'logSoftmaxJvp' ? {V: v} : {Y: y, V: v};
  const readers = Object.entries(inputs).map(([name, texture]) => elementReader(name, texture, output));
  const sums = cellReductionReader(reduction, layout.orientation);
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${cellSource(layout, output)}${precision.source}
      ${joined(...sums.pieces)}${readers.map(({source}) => source).join('')}
      void main() {
        Cell cell = outputCell();
        vec4 t, unused;
        readSums(cell, t, unused);
        t /= UNIT;
        ${Object.keys(inputs)
          .map((name) => `vec4 ${name.toLowerCase()} = elements${name}(cell);`)
          .join('\n')}
        setOutput(zeroOutside(factor * (${FORMULAS[kind]}), cell));
      }`,
    inputs: [...Object.keys(inputs), ...sums.inputs],
    uniforms: {
      ...layoutUniforms(layout),
      ...Object.assign({}, ...readers.map(({uniforms}) => uniforms)),
      ...precision.uniforms,
      ...sums.uniforms,
      factor: ['float', [factor]],
    },
  };
}

/** v - y t from logits, their exponentials as for softmax, and the sums t. */
export function logSoftmaxVjpProgram(
  x: Texture,
  v: Texture,
  reduction: Reduction,
  layout: RowLayout,
  output: Place,
  factor: number,
  scale: Scale,
  precision: Precision,
): Program {
  const readers = [elementReader('X', x, output), elementReader('V', v, output)];
  const reduced = cellReductionReader(reduction, layout.orientation);
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${cellSource(layout, output)}${precision.source}
      ${joined(scale.source, EXP, ...reduced.pieces)}${readers.map(({source}) => source).join('')}
      void main() {
        Cell cell = outputCell();
        vec4 maxima, s, t, unused;
        readExponentials(cell, maxima, s);
        readSums(cell, t, unused);
        vec4 x = directed(withinRange(elementsX(cell)));
        vec4 yTimesT = mix(exponential(x, shiftOf(maxima)) / (s / UNIT) * (t / UNIT), vec4(NAN), haveNoSoftmax(maxima));
        setOutput(zeroOutside(factor * (elementsV(cell) - yTimesT), cell));
      }`,
    inputs: ['X', 'V', ...reduced.inputs],
    uniforms: {
      ...layoutUniforms(layout),
      ...Object.assign({}, ...readers.map(({uniforms}) => uniforms)),
      ...scale.uniforms,
      ...precision.uniforms,
      ...reduced.uniforms,
      factor: ['float', [factor]],
    },
  };
}
