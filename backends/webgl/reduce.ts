import {type Draw, numbersDraw, scratchDraw, scratchShift} from './draw';
import type {Frame} from './frame';
import {pairOfRowSource, pairSource} from './glsl/pair';
import type {Loop} from './glsl/sum';
import {overWindows, windowPiece} from './glsl/window';
import type {RowLayout} from './layout';
import {type Level, planReduction, planSecondSum, type Reader, stepsOf} from './plan';
import {type Piece, programOf} from './program';

/** Something that each row is reduced to: a texel for a pair of rows. */
export interface Part {
  name: 'Exponentials' | 'Sums';
  /** GLSL of `vec4 reducedNAME(Window window)`; `last` says that this is what the reduction leaves. */
  ofElements(level: Level, last: boolean): Piece;
  /** GLSL of `vec4 ofWindowsNAME(int first, int end)`, by a loop over these texels of the scratch texture S. */
  ofWindows(last: boolean, loop: Loop): Piece;
}

/** What leaves a texel for each window of each pair of rows, for one part after the other. */
export interface Reduction {
  draws: Draw[];
  parts: Part[];
  /** Windows of a row. */
  left: number;
  pairs: number;
}

/**
 * A reduction of all parts; or of one part to one number a row, a tensor of that shape that is not packed: its draws are all
 * that there is to it.
 */
export function reductionOf(
  parts: Part[],
  reader: Reader | 'second sum',
  {layout, device, prelude}: Frame,
  numbersOf?: number[],
): Reduction {
  const {pairs} = layout;
  const {levels, left} =
    reader === 'second sum' ? planSecondSum(layout, device) : planReduction(layout, reader, device);
  const draws = levels.map((level, k) => {
    const isLast = k === levels.length - 1;
    // Windows that are left to the reader are merged by it once more.
    const last = isLast && level.windows === 1;
    const pieces: Piece[] = [
      ...prelude,
      pairSource(layout),
      windowPiece(level),
      k > 0 ? reducedWindows(parts, pairs, level, last) : parts.map((part) => part.ofElements(level, last)),
      {uniforms: {windowsOfPart: ['int', [pairs * level.windows]]}},
    ];
    return isLast && numbersOf
      ? numbersDraw(programOf([...pieces, drawNumbers(parts[0]!, layout)]), numbersOf)
      : scratchDraw(programOf([...pieces, drawTexels(parts)]), parts.length * pairs * level.windows);
  });
  return {draws, parts, left, pairs};
}

function reducedWindows(parts: Part[], pairs: number, level: Level, last: boolean): Piece {
  return [
    scratchPiece(parts, pairs, level.items),
    parts.map((part) => part.ofWindows(last, overWindows(stepsOf(level)))),
    parts.map(
      ({name}, k) => `
      vec4 reduced${name}(Window window) {
        int first = ${firstOf(k, 'window.pair')};
        return ofWindows${name}(first + window.first, first + window.end);
      }`,
    ),
  ];
}

/** GLSL of the texel of the first window of a pair, for that part. */
function firstOf(part: number, pair: string): string {
  return `${part === 0 ? '' : 'left.y + '}${pair} * left.x`;
}

/** The texture of the draw before: so many windows of each row. */
function scratchPiece(parts: Part[], pairs: number, windows: number): Piece {
  return {
    source: `
      // A texel of statistics, numbered line by line: lines are 2^shiftS texels wide.
      vec4 statistics(int index) {
        int line = index >> shiftS;
        return texelFetch(S, ivec2(index - (line << shiftS), line), 0);
      }`,
    inputs: ['S'],
    uniforms: {
      shiftS: ['int', [scratchShift(parts.length * pairs * windows)]],
      // Windows of a row, and of all rows.
      left: ['ivec4', [windows, windows * pairs, 0, 0]],
    },
  };
}

/** Fragments for all windows of the first part, then for those of the second. */
function drawTexels([one, other]: Part[]): string {
  return `
      void main() {
        int fragment = outputTexel();
        ${other ? 'if (fragment < windowsOfPart)' : ''} setOutput(reduced${one!.name}(windowOf(fragment)));
        ${other ? `else setOutput(reduced${other.name}(windowOf(fragment - windowsOfPart)));` : ''}
      }`;
}

function drawNumbers({name}: Part, layout: RowLayout): string {
  return `${pairOfRowSource(layout)}
      void main() {
        bool isOne;
        vec4 numbers = reduced${name}(windowOf(pairOfRow(outputTexel(), isOne)));
        setOutput(isOne ? numbers.x : numbers.z);
      }`;
}

/** Loops that a compiler can unroll, at the price of a program for each number of windows. */
const FEW = 4;

/** GLSL that reads what a reduction has left of a pair of rows, `ofRowsNAME(pair)`, for each part. */
export function reductionReader({parts, left, pairs}: Reduction): Piece {
  return [
    scratchPiece(parts, pairs, left),
    left > 1 ? parts.map((part) => part.ofWindows(true, overWindows(left, left <= FEW))) : [],
    parts.map(
      ({name}, k) => `
      vec4 ofRows${name}(int pair) {
        int first = ${firstOf(k, 'pair')};
        return ${left > 1 ? `ofWindows${name}(first, first + left.x)` : 'statistics(first)'};
      }`,
    ),
  ];
}
