import {type Draw, tensorDraw} from './draw';
import type {Frame} from './frame';
import {cellSource} from './glsl/cell';
import type {Orientation} from './layout';
import {type Piece, programOf} from './program';
import {type Part, type Reduction, reductionReader} from './reduce';
import {placeFor} from './textures';

/**
 * Draws a tensor of the shape of the logits: each element from what the reduction left of its row, which is `maxima` and `s` of
 * the exponentials, and `t`, the sum.
 *
 * @param pieces GLSL that reads the elements of a cell, and what else is needed
 * @param body GLSL that declares `result`
 */
export function mapDraw(reduction: Reduction, pieces: Piece[], body: string, {shape, layout, prelude}: Frame): Draw {
  const output = placeFor(shape);
  const program = programOf([
    ...prelude,
    cellSource(layout, output),
    ...reductionReader(reduction),
    ...pieces,
    `
      void main() {
        Cell cell = outputCell();
        ${reduction.parts.map(({name}) => readInCell(name, layout.orientation)).join('')}
        ${body}
        setOutput(zeroOutside(result, cell));
      }`,
  ]);
  return tensorDraw(program, shape);
}

/** GLSL of the probabilities of a cell, from its logits. */
export const PROBABILITIES = `
        vec4 x = directed(withinRange(elementsX(cell)));
        vec4 y = mix(exponential(x, shiftOf(maxima)) / (s / UNIT), vec4(NAN), haveNoSoftmax(maxima));`;

/** GLSL that declares, for the four elements of a cell, what a part of a reduction left of their rows. */
function readInCell(name: Part['name'], orientation: Orientation): string {
  const [upper, lower] = [`upper${name}`, `lower${name}`];
  // From the texel of a pair of rows, or of two pairs: the channels of the one row and of the other.
  const four = (one: string, other: string) =>
    ({
      lastAxis: `${upper}.${one}${one}${other}${other}`,
      secondLastAxis: `${upper}.${one}${other}${one}${other}`,
      outerAxis: `vec4(${upper}.${one}${other}, ${lower}.${one}${other})`,
    })[orientation];
  const declared = {
    Exponentials: `vec4 maxima = ${four('x', 'z')}, s = ${four('y', 'w')};`,
    Sums: `vec4 t = ${four('x', 'z')} / UNIT;`,
  };
  return `
        vec4 ${upper} = ofRows${name}(cell.pairs.x);
        ${orientation === 'outerAxis' ? `vec4 ${lower} = ofRows${name}(cell.pairs.y);` : ''}
        ${declared[name]}`;
}
