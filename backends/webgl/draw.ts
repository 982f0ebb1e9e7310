import type {GPGPUProgram, MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import {checkNotLost} from '../lost';
import {lostContext} from './device';
import {squarish} from './layout';
import type {Program} from './program';
import {bareView, forget, placeFor, type Texture} from './textures';

/** What is to be drawn, as tfjs takes it but for its text; nothing in it is of one call only. */
export interface Draw extends Omit<GPGPUProgram, 'userCode'> {
  values: number[][];
  source: string;
  name: string;
}

/** A packed tensor of that shape. */
export function tensorDraw(program: Program, shape: number[]): Draw {
  const {height, width} = placeFor(shape);
  return drawOf(program, height, width, true);
}

/** A tensor of that shape that is not packed, one fragment an element. */
export function numbersDraw(program: Program, shape: number[]): Draw {
  // At least two by two: tfjs compiles anew for textures that are narrower.
  const [height, width] = squarish(Math.max(4, util.sizeFromShape(shape)));
  return drawOf(program, height, width, false);
}

/** So many RGBA texels for the next draw, numbered line by line, 2^shift in each: see `scratchShift`. */
export function scratchDraw(program: Program, texels: number): Draw {
  const width = 2 ** scratchShift(texels);
  return drawOf(program, Math.ceil(texels / width), width, true);
}

export function scratchShift(texels: number): number {
  return Math.ceil(Math.log2(texels) / 2);
}

/** By what they are for: to put the texts of draws together takes longer than to draw them. */
const known = new Map<string, Draw[]>();
/** Programs meet the same shapes again and again, or ever new ones: then the old are forgotten. */
const MOST_KNOWN = 500;

/**
 * Draws one after the other; the last one makes a tensor of that shape.
 *
 * @param key all that `draws` depends on
 * @param textures the inputs, by the names of their samplers
 */
export function run(
  key: string,
  draws: () => Draw[],
  textures: Record<string, Texture>,
  shape: number[],
  backend: MathBackendWebGL,
): TensorInfo {
  checkNotLost('webgl', lostContext(backend));
  let ready = known.get(key);
  if (!ready) {
    ready = draws();
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, ready);
  }
  let drawn: TensorInfo | null = null;
  for (const draw of ready) {
    const before: TensorInfo | null = drawn;
    try {
      drawn = drawNow(draw, {...textures, ...(before && {S: before})}, backend);
    } finally {
      if (before) backend.disposeIntermediateTensorInfo(before);
    }
  }
  const {dataId} = drawn!;
  backend.texData.get(dataId).shape = shape;
  return {dataId, shape, dtype: 'float32'};
}

/** So many fragments, each of which draws four numbers if packed, or one. */
function drawOf({source, inputs, uniforms}: Program, height: number, width: number, packed: boolean): Draw {
  const all: Program['uniforms'] = {...uniforms, outputWidth: ['int', [width]]};
  return {
    variableNames: inputs,
    // Of rank 2, so that the texture has this very shape.
    outputShape: packed ? [2 * height, 2 * width] : [height, width],
    packedInputs: false,
    packedOutput: packed,
    enableShapeUniforms: true,
    customUniforms: Object.entries(all).map(([name, [type]]) => ({name, type})),
    values: Object.values(all).map(([, values]) => values),
    source,
    name: nameOf(source),
  };
}

function drawNow(
  draw: Draw,
  textures: Record<string, Pick<TensorInfo, 'dataId'>>,
  backend: MathBackendWebGL,
): TensorInfo {
  const views: TensorInfo[] = [];
  try {
    for (const name of draw.variableNames) views.push(bareView(textures[name]!, backend));
    const leavePacked = true;
    return backend.runWebGLProgram(withText(draw), views, 'float32', draw.values, leavePacked);
  } finally {
    for (const view of views) forget(view, backend);
  }
}

/**
 * tfjs looks for the compiled program by a key with the program's whole text in it, and to hash ten thousand letters takes
 * longer than a draw. It asks for the text once for the key, and only to compile again: so the first answer is a short name
 * of the text. Whoever asks in another order gets a longer key, no other program.
 */
function withText(draw: Draw): GPGPUProgram {
  let text = draw.name;
  return {
    ...draw,
    get userCode() {
      const answer = text;
      text = draw.source;
      return answer;
    },
  };
}

const names = new Map<string, string>();
/** Two copies of this package in one page must not take one's program for the other's. */
const copy = Math.random().toString(36).slice(2);

function nameOf(source: string): string {
  const name = names.get(source) ?? `tfjs-softmax ${copy} ${names.size}`;
  names.set(source, name);
  return name;
}
