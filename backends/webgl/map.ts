import {ofPairs} from './cell_rows';
import {type Draw, tensorDraw} from './draw';
import type {Frame} from './frame';
import {cellSource} from './glsl/cell';
import type {Orientation} from './layout';
import {type Piece, programOf} from './program';
import {type Part, reductionOf, reductionReader} from './reduce';
import {placeFor} from './textures';

/**
 * Reduces these parts, and draws a tensor of the shape of the logits: each element from what is left of its row, which is
 * `maxima` and `s` of the exponentials, and `t`, the sum.
 *
 * @param pieces GLSL that reads the elements of a cell, and what else is needed
 * @param body GLSL that declares `result`
 */
export function mapDraws(parts: Part[], pieces: Piece[], body: string, frame: Frame): Draw[] {
  const {shape, layout, prelude} = frame;
  const reduction = reductionOf(parts, 'map', frame);
  const program = programOf([
    ...prelude,
    cellSource(layout, placeFor(shape).linewise),
    reductionReader(reduction),
    pieces,
    `
      void main() {
        Cell cell = outputCell();
        ${parts.map(({name}) => readInCell(name, layout.orientation)).join('')}
        ${body}
        setOutput(zeroOutside(result, cell));
      }`,
  ]);
  return [...reduction.draws, tensorDraw(program, shape)];
}

/** GLSL of the probabilities of a cell, from its logits. */
export const PROBABILITIES = `
        vec4 x = directed(withinRange(elementsX(cell)));
        vec4 y = mix(exponential(x, shiftOf(maxima)) / (s / UNIT), vec4(NAN), haveNoSoftmax(maxima));`;

/** GLSL that declares, for the four elements of a cell, what a part of a reduction left of their rows. */
function readInCell(name: Part['name'], orientation: Orientation): string {
  const [upper, lower] = [`upper${name}`, `lower${name}`];
  const four = (channels: string) => ofPairs(orientation, upper, lower, channels);
  const declared = {
    Exponentials: `vec4 maxima = ${four('xz')}, s = ${four('yw')};`,
    Sums: `vec4 t = ${four('xz')} / UNIT;`,
  };
  return `
        vec4 ${upper} = ofRows${name}(cell.pairs.x);
        ${orientation === 'outerAxis' ? `vec4 ${lower} = ofRows${name}(cell.pairs.y);` : ''}
        ${declared[name]}`;
}
