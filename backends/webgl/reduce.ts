import {type Draw, numbersDraw, type Program, scratchDraw, scratchShift} from './draw';
import {NUMBERS} from './glsl/numbers';
import {pairOfRowSource, pairSource} from './glsl/pair';
import {TEXELS} from './glsl/texels';
import {windowSource, windowUniforms} from './glsl/window';
import type {RowLayout} from './layout';
import {type Level, type Plan, type Size, stepsOf} from './plan';
import type {Precision} from './precision';
import {LAYOUT, layoutUniforms} from './row_reader';

/** A part of a program; pieces of GLSL that several of its parts need come once. */
export interface Snippet extends Pick<Program, 'inputs' | 'uniforms'> {
  pieces: string[];
}

export function joined(...pieces: string[]): string {
  return [...new Set(pieces)].join('');
}

/** Something that each row is reduced to: a texel for a pair of rows. */
export interface Part {
  name: 'Exponentials' | 'Sums';
  /** GLSL of `vec4 ofElementsNAME(Window window)`; `last` says that this is what the reduction leaves. */
  ofElements(level: Level, last: boolean): Snippet;
  /** GLSL of `vec4 ofWindowsNAME(int first, int end)`, of so many texels of the scratch texture S, or exactly so many. */
  ofWindows(last: boolean, turns: number, exactly: boolean): Snippet;
}

/** What a reduction leaves: a texel for each window of each pair of rows, for one part after the other. */
export interface Reduction {
  parts: Part[];
  /** Windows of a row. */
  left: number;
  pairs: number;
}

/** How rows are reduced. */
export interface Rules {
  layout: RowLayout;
  plan: Plan;
  precision: Precision;
}

export function sizeOf({pairs, n, grid: {batches, lines, columns}}: RowLayout): Size {
  return {pairs, n, elements: batches * lines * columns};
}

/** The draws of a reduction of all parts, and what they leave. */
export function reductionOf(parts: Part[], rules: Rules): {draws: Draw[]; reduction: Reduction} {
  const {plan, layout} = rules;
  const draws = plan.levels.map((_, k) => levelDraw(parts, rules, k));
  return {draws, reduction: {parts, left: plan.left, pairs: layout.pairs}};
}

/** The draws of a reduction of one part to one number a row: a tensor of that shape that is not packed. */
export function reductionToNumbers(part: Part, rules: Rules, shape: number[]): Draw[] {
  const {levels} = rules.plan;
  return levels.map((_, k) =>
    k < levels.length - 1 ? levelDraw([part], rules, k) : numbersDraw(programOf([part], rules, k, DRAW_NUMBERS), shape),
  );
}

function levelDraw(parts: Part[], rules: Rules, k: number): Draw {
  return scratchDraw(programOf(parts, rules, k, DRAW_TEXELS), texelsAfter(parts, rules, k));
}

/** Of a level of the plan. */
function texelsAfter(parts: Part[], {layout, plan}: Rules, k: number): number {
  return parts.length * layout.pairs * plan.levels[k]!.windows;
}

function programOf(
  parts: Part[],
  rules: Rules,
  k: number,
  main: (parts: Part[], layout: RowLayout) => string,
): Program {
  const {layout, plan, precision} = rules;
  const level = plan.levels[k]!;
  const isFirst = k === 0;
  // Windows that are left to the reader are merged by it once more.
  const last = k === plan.levels.length - 1 && level.windows === 1;
  const snippets = parts.map((part) =>
    isFirst ? part.ofElements(level, last) : part.ofWindows(last, stepsOf(level), false),
  );
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${pairSource(layout)}${windowSource(level)}${precision.source}
      ${joined(...snippets.flatMap(({pieces}) => pieces))}
      ${parts.map(({name}, index) => (isFirst ? ofItemsAsElements(name) : ofItems(name, index))).join('')}
      ${main(parts, layout)}`,
    inputs: [...snippets.flatMap(({inputs}) => inputs), ...(isFirst ? [] : ['S'])],
    uniforms: {
      ...layoutUniforms(layout),
      ...precision.uniforms,
      ...Object.assign({}, ...snippets.map(({uniforms}) => uniforms)),
      ...windowUniforms(level),
      windowsOfPart: ['int', [layout.pairs * level.windows]],
      ...(!isFirst && {
        shiftS: ['int', [scratchShift(texelsAfter(parts, rules, k - 1))]],
        itemsOfPart: ['int', [layout.pairs * level.items]],
      }),
    },
  };
}

function ofItemsAsElements(name: Part['name']): string {
  return `
      vec4 reduced${name}(int fragment) { return ofElements${name}(windowOf(fragment)); }`;
}

function ofItems(name: Part['name'], index: number): string {
  return `
      vec4 reduced${name}(int fragment) {
        Window window = windowOf(fragment);
        int first = ${index === 0 ? '' : 'itemsOfPart + '}window.pair * ITEMS;
        return ofWindows${name}(first + window.first, first + window.end);
      }`;
}

/** Fragments for all windows of the first part, then for those of the second. */
const DRAW_TEXELS = ([one, other]: Part[]) => `
      void main() {
        int fragment = outputTexel();
        ${
          other
            ? `if (fragment < windowsOfPart) setOutput(reduced${one!.name}(fragment));
        else setOutput(reduced${other.name}(fragment - windowsOfPart));`
            : `setOutput(reduced${one!.name}(fragment));`
        }
      }`;

const DRAW_NUMBERS = ([part]: Part[], layout: RowLayout) => `${pairOfRowSource(layout)}
      void main() {
        bool isOne;
        vec4 numbers = reduced${part!.name}(pairOfRow(outputTexel(), isOne));
        setOutput(isOne ? numbers.x : numbers.z);
      }`;

/** Loops that a compiler can unroll, at the price of a program for each number of windows. */
const FEW = 4;

/** GLSL that reads what a reduction has left of a pair of rows, `ofRowsNAME(pair)`, for each part. */
export function reductionReader({parts, left, pairs}: Reduction): Snippet {
  const merging = left > 1 ? parts.map((part) => part.ofWindows(true, left, left <= FEW)) : [];
  const readers = parts.map(({name}, k) => {
    const before = k === 0 ? '' : 'left.y + ';
    return left > 1
      ? `
      vec4 ofRows${name}(int pair) {
        int first = ${before}pair * left.x;
        return ofWindows${name}(first, first + left.x);
      }`
      : `
      vec4 ofRows${name}(int pair) { return texelFetch(S, scratchAt(${before}pair, shiftS), 0); }`;
  });
  return {
    pieces: [...merging.flatMap(({pieces}) => pieces), ...readers],
    inputs: ['S'],
    uniforms: {
      ...Object.assign({}, ...merging.map(({uniforms}) => uniforms)),
      shiftS: ['int', [scratchShift(parts.length * pairs * left)]],
      // Windows of a row, and of all rows.
      left: ['ivec4', [left, left * pairs, 0, 0]],
    },
  };
}
