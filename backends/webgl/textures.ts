import type {GPGPUProgram, MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {env, util} from '@tensorflow/tfjs-core';
import {gridOf, sameTexels, squarish, texelsOf, texelsPerLine} from './layout';

/**
 * Everything that these kernels know about tfjs's textures.
 *
 * tfjs gives a program its inputs through samplers that it generates for their shapes, draws them into another layout
 * first if the program wants another, and compiles anew for much of what it finds different. The programs here address
 * texels themselves, so inputs are handed over as bare textures under a shape that no one looks at: each is read as it
 * lies, and one compiled program serves all batch sizes.
 */

/** A float32 tensor in a texture. */
export interface Texture {
  dataId: TensorInfo['dataId'];
  /** Four elements a texel, as `Grid` says; or else one, in the order of the tensor. */
  packed: boolean;
  /** In texels. */
  width: number;
  /** In elements: where the tensor starts, if it is a slice of another. Always 0 if packed. */
  offset: number;
}

export type UniformType = 'float' | 'vec4' | 'int' | 'ivec4';

export interface Program {
  /** GLSL, with `setOutput` and a sampler for each input. All that depends on sizes comes in uniforms. */
  source: string;
  inputs: Record<string, Texture>;
  uniforms: Record<string, [UniformType, number[]]>;
}

/** Where a tensor lies; it is uploaded if it is not in a texture yet, packed if tfjs packs at all. */
export function textureOf(x: TensorInfo, backend: MathBackendWebGL): Texture {
  const data = backend.texData.get(x.dataId);
  if (data.texture == null && data.slice == null) {
    data.isPacked = env().getBool('WEBGL_PACK');
    data.shape = x.shape;
    backend.uploadToGPU(x.dataId);
  }
  const packed = data.isPacked === true;
  const width = packed ? Math.ceil(data.texShape![1] / 2) : data.texShape![1];
  return {dataId: x.dataId, packed, width, offset: data.slice?.flatOffset ?? 0};
}

/**
 * The tensor itself, or where its texture was packed under a shape with other texels (the same data uploaded under
 * one shape and then used under another) a copy in its own shape, to be disposed.
 */
export function inItsOwnShape(x: TensorInfo, backend: MathBackendWebGL): TensorInfo | null {
  const data = backend.texData.get(x.dataId);
  if (data.texture == null || !data.isPacked || sameTexels(data.shape, x.shape)) return null;
  return backend.unpackTensor(x);
}

/** A packed tensor of that shape, drawn by the program; its `outputWidth` uniform is the texture's width. */
export function drawTensor(program: Program, shape: number[], backend: MathBackendWebGL): TensorInfo {
  const grid = gridOf(shape);
  const limit = env().getNumber('WEBGL_MAX_TEXTURE_SIZE');
  const width = texelsPerLine(grid);
  const height = texelsOf(grid) / width;
  const fits = width <= limit && height <= limit;
  const [h, w] = fits ? [height, width] : squarish(texelsOf(grid));
  return relabelled(draw(program, h, w, true, backend), shape, backend);
}

/** An unpacked tensor of that shape, drawn by the program, one fragment an element. */
export function drawUnpackedTensor(program: Program, shape: number[], backend: MathBackendWebGL): TensorInfo {
  // At least two by two: tfjs compiles anew for textures that are narrower.
  const [h, w] = squarish(Math.max(4, util.sizeFromShape(shape)));
  return relabelled(draw(program, Math.max(2, h), w, false, backend), shape, backend);
}

/** So many RGBA texels for later programs, drawn by this one. To be disposed with `dispose`. */
export function drawTexels(program: Program, texels: number, backend: MathBackendWebGL): Texture {
  const [height, width] = squarish(texels);
  const {dataId} = draw(program, height, width, true, backend);
  return {dataId, packed: true, width, offset: 0};
}

export function dispose(texture: Texture, backend: MathBackendWebGL): void {
  backend.disposeIntermediateTensorInfo({dataId: texture.dataId, shape: [], dtype: 'float32'});
}

function draw(program: Program, height: number, width: number, packed: boolean, backend: MathBackendWebGL): TensorInfo {
  const uniforms: Program['uniforms'] = {...program.uniforms, outputWidth: ['int', [width]]};
  const gpgpuProgram: GPGPUProgram = {
    variableNames: Object.keys(program.inputs),
    // Of rank 2, so that the texture has this very shape.
    outputShape: packed ? [2 * height, 2 * width] : [height, width],
    packedInputs: false,
    packedOutput: packed,
    enableShapeUniforms: true,
    customUniforms: Object.entries(uniforms).map(([name, [type]]) => ({name, type})),
    userCode: program.source,
  };
  const values = Object.values(uniforms).map(([, value]) => value);
  const views = Object.values(program.inputs).map((texture) => bareView(texture, backend));
  try {
    return backend.runWebGLProgram(gpgpuProgram, views, 'float32', values);
  } finally {
    for (const view of views) forget(view, backend);
  }
}

/**
 * The texture under a data id of its own that says nothing about its layout, as tfjs does in `writeTexture`. No output
 * has that shape, so that tfjs finds the two always as different.
 */
function bareView({dataId}: Texture, backend: MathBackendWebGL): TensorInfo {
  const view = backend.makeTensorInfo([1, 1], 'float32');
  const data = backend.texData.get(view.dataId);
  data.texture = backend.texData.get(dataId).texture!;
  data.texShape = [1, 1];
  data.isPacked = false;
  return view;
}

function forget(view: TensorInfo, backend: MathBackendWebGL): void {
  backend.texData.get(view.dataId).texture = undefined; // it belongs to the tensor
  backend.disposeIntermediateTensorInfo(view);
}

function relabelled(drawn: TensorInfo, shape: number[], backend: MathBackendWebGL): TensorInfo {
  backend.texData.get(drawn.dataId).shape = shape;
  return {dataId: drawn.dataId, shape, dtype: 'float32'};
}
