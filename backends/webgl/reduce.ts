import {type Draw, numbersDraw, scratchDraw, scratchShift} from './draw';
import type {Frame} from './frame';
import {pairOfRowSource, pairSource} from './glsl/pair';
import {windowPiece} from './glsl/window';
import type {RowLayout} from './layout';
import {type Level, type Plan, stepsOf} from './plan';
import {type Piece, type Program, programOf} from './program';

/** Something that each row is reduced to: a texel for a pair of rows. */
export interface Part {
  name: 'Exponentials' | 'Sums';
  /** GLSL of `vec4 ofElementsNAME(Window window)`; `last` says that this is what the reduction leaves. */
  ofElements(level: Level, last: boolean): Piece[];
  /** GLSL of `vec4 ofWindowsNAME(int first, int end)`, of so many texels of the scratch texture S, or exactly so many. */
  ofWindows(last: boolean, turns: number, exactly: boolean): Piece[];
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
export function reductionOf(parts: Part[], plan: Plan, frame: Frame, numbersOf: number[] | null = null): Reduction {
  const {pairs} = frame.layout;
  const draws = plan.levels.map(({windows}, k) => {
    if (!numbersOf || k < plan.levels.length - 1) {
      return scratchDraw(levelProgram(parts, plan, frame, k, drawTexels(parts)), parts.length * pairs * windows);
    }
    return numbersDraw(levelProgram(parts, plan, frame, k, drawNumbers(parts[0]!, frame.layout)), numbersOf);
  });
  return {draws, parts, left: plan.left, pairs};
}

function levelProgram(parts: Part[], {levels}: Plan, {layout, prelude}: Frame, k: number, main: string): Program {
  const level = levels[k]!;
  const before = levels[k - 1];
  // Windows that are left to the reader are merged by it once more.
  const last = k === levels.length - 1 && level.windows === 1;
  return programOf([
    ...prelude,
    pairSource(layout),
    windowPiece(level),
    ...parts.flatMap((part) => (before ? part.ofWindows(last, stepsOf(level), false) : part.ofElements(level, last))),
    ...parts.map(({name}, index) => (before ? reducedWindows(name, index) : reducedElements(name))),
    main,
    {uniforms: {windowsOfPart: ['int', [layout.pairs * level.windows]]}},
    before ? scratchPiece(parts.length * layout.pairs * before.windows) : {},
    before ? {uniforms: {itemsOfPart: ['int', [layout.pairs * level.items]]}} : {},
  ]);
}

/** So many texels of the draw before. */
function scratchPiece(texels: number): Piece {
  return {inputs: ['S'], uniforms: {shiftS: ['int', [scratchShift(texels)]]}};
}

function reducedElements(name: Part['name']): string {
  return `
      vec4 reduced${name}(int fragment) { return ofElements${name}(windowOf(fragment)); }`;
}

function reducedWindows(name: Part['name'], index: number): string {
  return `
      vec4 reduced${name}(int fragment) {
        Window window = windowOf(fragment);
        int first = ${index === 0 ? '' : 'itemsOfPart + '}window.pair * ITEMS;
        return ofWindows${name}(first + window.first, first + window.end);
      }`;
}

/** Fragments for all windows of the first part, then for those of the second. */
function drawTexels([one, other]: Part[]): string {
  return `
      void main() {
        int fragment = outputTexel();
        ${other ? 'if (fragment < windowsOfPart)' : ''} setOutput(reduced${one!.name}(fragment));
        ${other ? `else setOutput(reduced${other.name}(fragment - windowsOfPart));` : ''}
      }`;
}

function drawNumbers({name}: Part, layout: RowLayout): string {
  return `${pairOfRowSource(layout)}
      void main() {
        bool isOne;
        vec4 numbers = reduced${name}(pairOfRow(outputTexel(), isOne));
        setOutput(isOne ? numbers.x : numbers.z);
      }`;
}

/** Loops that a compiler can unroll, at the price of a program for each number of windows. */
const FEW = 4;

/** GLSL that reads what a reduction has left of a pair of rows, `ofRowsNAME(pair)`, for each part. */
export function reductionReader({parts, left, pairs}: Reduction): Piece[] {
  const readers = parts.map(({name}, k) => {
    const first = `${k === 0 ? '' : 'left.y + '}pair * left.x`;
    return `
      vec4 ofRows${name}(int pair) {
        int first = ${first};
        return ${left > 1 ? `ofWindows${name}(first, first + left.x)` : 'texelFetch(S, scratchAt(first, shiftS), 0)'};
      }`;
  });
  return [
    ...(left > 1 ? parts.flatMap((part) => part.ofWindows(true, left, left <= FEW)) : []),
    ...readers,
    scratchPiece(parts.length * pairs * left),
    // Windows of a row, and of all rows.
    {uniforms: {left: ['ivec4', [left, left * pairs, 0, 0]]}},
  ];
}
