import type {Orientation} from './layout';

/** GLSL for which element of its row each of the four elements of a cell is. */
export function elementsInRows(orientation: Orientation): string {
  const elements = {
    lastAxis: 'cell.column + ivec4(0, 1, 0, 1)',
    secondLastAxis: '((cell.line + ivec2(0, 1)) % N).xxyy',
    outerAxis: '((cell.line + ivec2(0, 1)) / GAP % N).xxyy',
  }[orientation];
  return `
    ivec4 elementsInRows(Cell cell) { return ${elements}; }`;
}

/**
 * GLSL of a number for each of the four elements of a cell, from a vector of its upper pair of rows and one of its lower.
 * @param channels of the one row and of the other
 */
export function ofPairs(
  orientation: Orientation,
  upper: string,
  lower: string,
  [one, other]: string,
  type: 'vec' | 'ivec' = 'vec',
): string {
  return {
    lastAxis: `${upper}.${one}${one}${other}${other}`,
    secondLastAxis: `${upper}.${one}${other}${one}${other}`,
    outerAxis: `${type}4(${upper}.${one}${other}, ${lower}.${one}${other})`,
  }[orientation];
}

/** GLSL of a function of a cell: for its four elements, what a function of the number of their row gives. */
export function ofRowsOfCell(type: 'vec' | 'ivec', name: string, ofRow: string, orientation: Orientation): string {
  const ofPair = (line: string, pair: string) => `
        rows = rowsOfPair(${pair});
        ${type}2 ${line} = ${type}2(${ofRow}(rows.x), ${ofRow}(rows.y));`;
  return `
      ${type}4 ${name}(Cell cell) {
        ivec2 rows;
        ${ofPair('upper', 'cell.pairs.x')}
        ${orientation === 'outerAxis' ? ofPair('lower', 'cell.pairs.y') : ''}
        return ${ofPairs(orientation, 'upper', 'lower', 'xy', type)};
      }`;
}
