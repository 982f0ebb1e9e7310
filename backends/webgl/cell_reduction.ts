import type {Orientation} from './layout';
import {type Reduction, reductionReader, type Snippet} from './reduce';

/**
 * GLSL that reads, for the four elements of a cell, what a reduction left of their rows: two numbers each, by
 * `readExponentials(cell, first, second)` and likewise for other parts.
 */
export function cellReductionReader(reduction: Reduction, orientation: Orientation): Snippet {
  const {pieces, ...rest} = reductionReader(reduction);
  return {...rest, pieces: [...pieces, ...reduction.parts.map(({name}) => READ[orientation](name))]};
}

const READ: Record<Orientation, (name: string) => string> = {
  lastAxis: (name) => `
      void read${name}(Cell cell, out vec4 first, out vec4 second) {
        vec4 pair = ofRows${name}(cell.pairs.x);
        first = pair.xxzz;
        second = pair.yyww;
      }`,
  secondLastAxis: (name) => `
      void read${name}(Cell cell, out vec4 first, out vec4 second) {
        vec4 pair = ofRows${name}(cell.pairs.x);
        first = pair.xzxz;
        second = pair.ywyw;
      }`,
  outerAxis: (name) => `
      void read${name}(Cell cell, out vec4 first, out vec4 second) {
        vec4 upper = ofRows${name}(cell.pairs.x);
        vec4 lower = ofRows${name}(cell.pairs.y);
        first = vec4(upper.xz, lower.xz);
        second = vec4(upper.yw, lower.yw);
      }`,
};
