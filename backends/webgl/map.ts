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
    ...reduction.parts.map(({name}) => readInCell(name, layout.orientation)),
    ...pieces,
    `
      void main() {
        Cell cell = outputCell();
        ${reduction.parts.map(({name}) => READ[name]).join('')}
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

const READ: Record<Part['name'], string> = {
  Exponentials: `
        vec4 maxima, s;
        readExponentials(cell, maxima, s);`,
  Sums: `
        vec4 t, unused;
        readSums(cell, t, unused);
        t /= UNIT;`,
};

/** GLSL that reads, for the four elements of a cell, the two numbers that a part of a reduction left of their rows. */
function readInCell(name: Part['name'], orientation: Orientation): string {
  const [first, second] = {
    lastAxis: ['upper.xxzz', 'upper.yyww'],
    secondLastAxis: ['upper.xzxz', 'upper.ywyw'],
    outerAxis: ['vec4(upper.xz, lower.xz)', 'vec4(upper.yw, lower.yw)'],
  }[orientation] as [string, string];
  return `
      void read${name}(Cell cell, out vec4 first, out vec4 second) {
        vec4 upper = ofRows${name}(cell.pairs.x);
        ${orientation === 'outerAxis' ? `vec4 lower = ofRows${name}(cell.pairs.y);` : ''}
        first = ${first};
        second = ${second};
      }`;
}
