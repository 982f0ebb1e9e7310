import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {env} from '@tensorflow/tfjs-core';
import {gridOf, sameTexels, squarish, texelsOf, texelsPerLine} from './layout';
import type {Program} from './program';

/**
 * Everything that these kernels know about tfjs's textures.
 *
 * tfjs gives a program its inputs through samplers that it generates for their shapes, draws them into another layout
 * first if the program wants another, and compiles anew for much of what it finds different. The programs here address
 * texels themselves, so inputs are handed over as bare textures under a shape that no one looks at: each is read as it
 * lies, and one compiled program serves all batch sizes.
 */

type TexturesData = ReturnType<MathBackendWebGL['texData']['get']>;

/** A float32 tensor in a texture, and how it lies there. */
export interface Texture extends Pick<TensorInfo, 'dataId' | 'shape'> {
  /** Four elements a texel, as `Grid` says; or else one, in the order of the tensor. */
  packed: boolean;
  /** In texels. */
  width: number;
  /** In elements: where the tensor starts, if it is a slice of another. Always 0 if packed. */
  offset: number;
  /** Whether each line of the texture is one line of the grid, or two if packed: then no index has to be divided. */
  linewise: boolean;
}

/**
 * Calls `use` with where the tensors lie, by their names. What is not in a texture yet is uploaded, packed if tfjs packs at all; and
 * what was packed under a shape that has other texels (the same data uploaded under one shape and then used under
 * another) is copied, and the copy disposed afterwards.
 */
export function withTextures<T>(
  tensors: Record<string, TensorInfo>,
  backend: MathBackendWebGL,
  use: (textures: Record<string, Texture>) => T,
): T {
  const copies: TensorInfo[] = [];
  const textureFor = (x: TensorInfo) => {
    upload(x, backend);
    const {isPacked, shape} = backend.texData.get(x.dataId);
    if (!isPacked || sameTexels(shape, x.shape)) return textureOf(x, backend);
    const copy = backend.unpackTensor(x);
    copies.push(copy);
    return textureOf(copy, backend);
  };
  try {
    return use(Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, textureFor(x)])));
  } finally {
    for (const copy of copies) backend.disposeIntermediateTensorInfo(copy);
  }
}

function upload(x: TensorInfo, backend: MathBackendWebGL): void {
  const data = backend.texData.get(x.dataId);
  if (data.texture != null) return;
  data.isPacked = env().getBool('WEBGL_PACK');
  data.shape = x.shape;
  backend.uploadToGPU(x.dataId);
}

function textureOf({dataId, shape}: TensorInfo, backend: MathBackendWebGL): Texture {
  const {isPacked, texShape, slice} = backend.texData.get(dataId);
  const packed = isPacked === true;
  const grid = gridOf(shape);
  const width = packed ? Math.ceil(texShape![1] / 2) : texShape![1]; // of a scalar, [1, 1]
  const offset = packed ? 0 : (slice?.flatOffset ?? 0);
  const linewise = width === (packed ? texelsPerLine(grid) : grid.columns) && offset === 0;
  return {dataId, shape, packed, width, offset, linewise};
}

/** Where a packed tensor of that shape is drawn. */
export function placeFor(shape: number[]): Pick<Texture, 'width' | 'linewise'> & {height: number} {
  const grid = gridOf(shape);
  const limit = env().getNumber('WEBGL_MAX_TEXTURE_SIZE');
  const texels = texelsOf(grid);
  const lineWidth = texelsPerLine(grid);
  const linewise = lineWidth <= limit && texels / lineWidth <= limit;
  const [height, width] = linewise ? [texels / lineWidth, lineWidth] : squarish(texels);
  return {height, width, linewise};
}

/** All that a program can depend on of how a tensor lies, as a key. */
export function lieOf({shape, packed, width, offset}: Texture): string {
  return `${shape}${packed ? 'p' : 'u'}${width},${offset}`;
}

/** How a texture lies, for GLSL: its width, where it begins, and the lines and columns of a matrix. */
export function lieUniform(input: string, {width, offset, shape}: Texture): Program['uniforms'] {
  const {lines, columns} = gridOf(shape);
  return {[`lieOf${input}`]: ['ivec4', [width, offset, lines, columns]]};
}

/**
 * The texture under a data id of its own that says nothing about its layout, as tfjs does in `writeTexture`. No output
 * has that shape, so that tfjs finds the two always as different.
 */
export function bareView({dataId}: Pick<TensorInfo, 'dataId'>, backend: MathBackendWebGL): TensorInfo {
  const view = backend.makeTensorInfo([1, 1], 'float32');
  const data = backend.texData.get(view.dataId);
  data.texture = backend.texData.get(dataId).texture ?? NOT_UPLOADED;
  data.texShape = [1, 1];
  data.isPacked = false;
  return view;
}

/** Where tfjs only compiles (ENGINE_COMPILE_ONLY), it uploads nothing. This stands for a texture then; nobody reads it. */
const NOT_UPLOADED = {texture: null, texShape: [1, 1]} as unknown as TexturesData['texture'];

export function forget(view: TensorInfo, backend: MathBackendWebGL): void {
  backend.texData.get(view.dataId).texture = undefined; // it belongs to the tensor
  backend.disposeIntermediateTensorInfo(view);
}
