import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {NUMBERS} from './glsl/numbers';
import {pairOfRowSource, pairSource} from './glsl/pair';
import {TEXELS} from './glsl/texels';
import {windowSource, windowUniforms} from './glsl/window';
import type {RowLayout} from './layout';
import {type Level, type Plan, type Size, stepsOf} from './plan';
import type {Precision} from './precision';
import {LAYOUT, layoutUniforms} from './row_reader';
import {dispose, drawScratch, drawUnpackedTensor, type Program, type Scratch} from './textures';

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

/** What a reduction has left: a texel for each window of each pair of rows, for one part after the other. */
export interface Reduction {
  parts: Part[];
  scratch: Scratch;
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

/** Calls `use` with what the reduction of all parts leaves, which is disposed afterwards. */
export function withReduction<T>(
  parts: Part[],
  rules: Rules,
  backend: MathBackendWebGL,
  use: (reduction: Reduction) => T,
): T {
  const {plan, layout} = rules;
  const scratch = drawLevels(parts, rules, plan.levels.length, backend)!;
  try {
    return use({parts, scratch, left: plan.left, pairs: layout.pairs});
  } finally {
    dispose(scratch, backend);
  }
}

/** The reduction of one part to one number a row, as a tensor of that shape that is not packed. */
export function reduceToTensor(part: Part, rules: Rules, shape: number[], backend: MathBackendWebGL): TensorInfo {
  const {levels} = rules.plan;
  const partial = drawLevels([part], rules, levels.length - 1, backend);
  try {
    return drawUnpackedTensor(programOf([part], rules, levels.length - 1, partial, DRAW_NUMBERS), shape, backend);
  } finally {
    if (partial) dispose(partial, backend);
  }
}

/** The first levels of the plan. */
function drawLevels(parts: Part[], rules: Rules, count: number, backend: MathBackendWebGL): Scratch | null {
  const {layout, plan} = rules;
  let partial: Scratch | null = null;
  for (let k = 0; k < count; k++) {
    try {
      const program = programOf(parts, rules, k, partial, DRAW_TEXELS);
      const next: Scratch = drawScratch(program, parts.length * layout.pairs * plan.levels[k]!.windows, backend);
      if (partial) dispose(partial, backend);
      partial = next;
    } catch (error) {
      if (partial) dispose(partial, backend);
      throw error;
    }
  }
  return partial;
}

function programOf(
  parts: Part[],
  {layout, plan, precision}: Rules,
  index: number,
  partial: Scratch | null,
  main: (parts: Part[], layout: RowLayout) => string,
): Program {
  const level = plan.levels[index]!;
  // Windows that are left to the reader are merged by it once more.
  const last = index === plan.levels.length - 1 && level.windows === 1;
  const snippets = parts.map((part) =>
    partial ? part.ofWindows(last, stepsOf(level), false) : part.ofElements(level, last),
  );
  const inputs: Program['inputs'] = Object.assign({}, ...snippets.map((snippet) => snippet.inputs));
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${pairSource(layout)}${windowSource(level)}${precision.source}
      ${joined(...snippets.flatMap(({pieces}) => pieces))}
      ${parts.map(({name}, k) => (partial ? ofItems(name, k) : ofItemsAsElements(name))).join('')}
      ${main(parts, layout)}`,
    inputs: {...inputs, ...(partial && {S: partial})},
    uniforms: {
      ...layoutUniforms(layout),
      ...precision.uniforms,
      ...Object.assign({}, ...snippets.map(({uniforms}) => uniforms)),
      ...windowUniforms(level),
      windowsOfPart: ['int', [layout.pairs * level.windows]],
      ...(partial && {shiftS: ['int', [partial.shift]], itemsOfPart: ['int', [layout.pairs * level.items]]}),
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
export function reductionReader({parts, scratch, left, pairs}: Reduction): Snippet {
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
    inputs: {S: scratch},
    uniforms: {
      ...Object.assign({}, ...merging.map(({uniforms}) => uniforms)),
      shiftS: ['int', [scratch.shift]],
      // Windows of a row, and of all rows.
      left: ['ivec4', [left, left * pairs, 0, 0]],
    },
  };
}
