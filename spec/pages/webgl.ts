/** A page that watches what the webgl backend does: draws, compilations, texels fetched, textures held. */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import {
  type CrossEntropyOptions,
  install,
  logSoftmax,
  logSumExp,
  softmax,
  softmaxCrossEntropy,
  uninstall,
} from '../../index';
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_GRADIENT,
  LOG_SOFTMAX_JVP,
  LOG_SOFTMAX_VJP,
  SOFTMAX_PRODUCT,
  SPARSE_CROSS_ENTROPY,
  SPARSE_CROSS_ENTROPY_GRADIENT,
} from '../../kernels/names';
import {reducedShape} from '../../kernels/rows';
import {recordKernels} from '../hosts/kernels';
import {expose} from '../hosts/page';

interface Inputs {
  x: tf.Tensor;
  /** Of the shape of x: a tangent, or labels. */
  v: tf.Tensor;
  mask: tf.Tensor | null;
  /** One number a row, and one class a row. */
  perRow: tf.Tensor;
  classes: tf.Tensor;
}

type Op = (inputs: Inputs, axis: number) => tf.Tensor;

/** A kernel as the op runs it, but with the probabilities given. */
function product(kernelName: string): Op {
  return ({x: y, v}, axis) =>
    tf.engine().runKernel(kernelName, {logits: y, probabilities: y, vector: v}, {axis, scale: 1, factor: 1});
}

function loss(kernelName: string, labels: 'v' | 'classes', smoothing = 0): Op {
  return (inputs, axis) =>
    tf
      .engine()
      .runKernel(kernelName, {logits: inputs.x, labels: inputs[labels], cotangent: inputs.perRow}, {axis, smoothing});
}

const OPS = {
  softmax: ({x, mask}, axis) => softmax(x, axis, {mask}),
  logSoftmax: ({x, mask}, axis) => logSoftmax(x, axis, {mask}),
  logSumExp: ({x, mask}, axis) => logSumExp(x, axis, false, {mask}),
  softmaxProduct: product(SOFTMAX_PRODUCT),
  logSoftmaxJvp: product(LOG_SOFTMAX_JVP),
  logSoftmaxVjp: product(LOG_SOFTMAX_VJP),
  crossEntropy: loss(CROSS_ENTROPY, 'v'),
  sparseCrossEntropy: loss(SPARSE_CROSS_ENTROPY, 'classes'),
  smoothedSparseCrossEntropy: loss(SPARSE_CROSS_ENTROPY, 'classes', 0.1),
  crossEntropyGradient: loss(CROSS_ENTROPY_GRADIENT, 'v'),
  sparseCrossEntropyGradient: loss(SPARSE_CROSS_ENTROPY_GRADIENT, 'classes'),
  gradSoftmax: ({x, v}) => tf.grad((t) => softmax(t))(x, v),
  gradLogSoftmax: ({x, v}) => tf.grad((t) => logSoftmax(t))(x, v),
  stockSoftmax: ({x}) => tf.softmax(x),
  stockLogSoftmax: ({x}) => tf.logSoftmax(x),
  stockGradSoftmax: ({x, v}) => tf.grad((t: tf.Tensor) => tf.softmax(t))(x, v),
} satisfies Record<string, Op>;

export interface Use {
  op: keyof typeof OPS;
  shape: number[];
  axis?: number;
  /** The shape of a mask. */
  mask?: number[];
  /** How the inputs lie in their textures before the op runs. */
  packed: boolean | 'not in a texture';
}

interface LossByIndex {
  n: number;
  logits: Float32Array;
  indices: Int32Array;
  fromOp?: boolean;
  options?: CrossEntropyOptions;
}

export interface Observed {
  kernels: string[];
  /** Draws from the op's call to its return, whoever made them: hidden packing and unpacking too. */
  draws: number;
  /** Programs compiled meanwhile. */
  compiled: number;
  /** Whether the result is packed. */
  packed: boolean;
}

const functions = {
  async start({flags = {}, countFetches = false}: {flags?: Record<string, boolean | number>; countFetches?: boolean}) {
    const all = {WEBGL_CPU_FORWARD: false, WEBGL_SIZE_UPLOAD_UNIFORM: 0, IS_TEST: true, ...flags};
    for (const [name, value] of Object.entries(all)) tf.env().set(name, value);
    await tf.setBackend('webgl');
    if (countFetches) fetchesInsteadOfResults();
  },

  /** What install() reports, and what tf's ops then run. */
  async installed({shape}: {shape: number[]}) {
    const report = install();
    try {
      return await withInputs({op: 'stockSoftmax', shape, packed: false}, async ({x, v}) => {
        const ops = () => [tf.softmax(x), tf.logSoftmax(x), tf.logSumExp(x), tf.losses.softmaxCrossEntropy(v, x)];
        const {result, kernels} = recordKernels(ops);
        return {
          report: JSON.parse(JSON.stringify(report)) as typeof report,
          kernels,
          sum: tf.sum(result[0]!).dataSync()[0]!,
        };
      });
    } finally {
      uninstall();
    }
  },

  observeInstalled(use: Use): Observed {
    install();
    try {
      return functions.observe(use);
    } finally {
      uninstall();
    }
  },

  observe(use: Use): Observed {
    return withInputs(use, (inputs) => {
      const {gpgpu} = webgl();
      const counts = {draws: 0, compiled: 0};
      const {executeProgram, createProgram} = gpgpu;
      gpgpu.executeProgram = () => {
        counts.draws++;
        executeProgram.call(gpgpu);
      };
      gpgpu.createProgram = (shader) => {
        counts.compiled++;
        return createProgram.call(gpgpu, shader);
      };
      try {
        const {result, kernels} = recordKernels(() => run(use, inputs));
        const packed = webgl().texData.get(result.dataId).isPacked ?? false;
        return {kernels, ...counts, packed};
      } finally {
        Object.assign(gpgpu, {executeProgram, createProgram});
      }
    });
  },

  /**
   * Compiles ahead, in tfjs's parallel mode, what a use needs, and then uses it.
   * @returns what the use compiled once more, and its values beside those of the same use without compiling ahead
   */
  async compileAhead(use: Use): Promise<{compiled: number; values: Float32Array; expected: Float32Array}> {
    const backend = webgl();
    return withInputs(use, async (inputs) => {
      const fresh = (): Inputs =>
        Object.fromEntries(
          Object.entries(inputs).map(([name, t]) => [name, t && tf.tensor(t.dataSync(), t.shape, t.dtype)]),
        ) as never;
      const ahead = fresh();
      const later = fresh();
      tf.env().set('ENGINE_COMPILE_ONLY', true);
      try {
        run(use, ahead);
      } finally {
        tf.env().set('ENGINE_COMPILE_ONLY', false);
      }
      await backend.checkCompileCompletionAsync();
      backend.getUniformLocations();
      const {createProgram} = backend.gpgpu;
      let compiled = 0;
      backend.gpgpu.createProgram = (shader) => {
        compiled++;
        return createProgram.call(backend.gpgpu, shader);
      };
      const result = run(use, later);
      backend.gpgpu.createProgram = createProgram;
      const values = (await result.data()) as Float32Array;
      return {compiled, values, expected: (await run(use, inputs).data()) as Float32Array};
    });
  },

  /** Texels read and written by the op's draws; after `countFetches`. */
  traffic(use: Use): {read: number; written: number} {
    return withInputs(use, (inputs) => {
      traffic = {read: 0, written: 0};
      run(use, inputs);
      const seen = traffic;
      traffic = null;
      return seen;
    });
  },

  /** The values of a product kernel for given probabilities. */
  async productOf({op, shape, y, v}: {op: keyof typeof OPS; shape: number[]; y: Float32Array; v: Float32Array}) {
    const result = tf.tidy(() => OPS[op]({x: tf.tensor(y, shape), v: tf.tensor(v, shape)} as Inputs, shape.length - 1));
    const values = (await result.data()) as Float32Array;
    result.dispose();
    return values;
  },

  /** Bytes of textures and tensors after one use and after `times` more. */
  memory({times, ...use}: Use & {times: number}): {before: number[]; after: number[]} {
    return withInputs(use, (inputs) => {
      const held = () => {
        const {numTensors, numDataBuffers, ...gpu} = tf.memory() as tf.MemoryInfo & {numBytesInGPUAllocated: number};
        return [numTensors, numDataBuffers, gpu.numBytesInGPUAllocated];
      };
      run(use, inputs).dispose();
      const before = held();
      for (let i = 0; i < times; i++) run(use, inputs).dispose();
      return {before, after: held()};
    });
  },

  /** Losses by class indices and their gradient in the logits; the indices still on the CPU, or the result of an op. */
  async lossesByIndex({n, logits, indices, fromOp = false, options}: LossByIndex) {
    tf.engine().startScope();
    const shape: [number, number] = [indices.length, n];
    const given = tf.tensor1d(indices, 'int32');
    const labels = fromOp ? tf.add(given, tf.scalar(0, 'int32')) : given;
    const loss = (x: tf.Tensor) => softmaxCrossEntropy(labels, x, {reduction: 'none', ...options});
    try {
      const {value, grad} = tf.valueAndGrad(loss)(tf.tensor2d(logits, shape), tf.ones([indices.length]));
      return {losses: (await value.data()) as Float32Array, gradient: (await grad.data()) as Float32Array};
    } finally {
      tf.engine().endScope();
    }
  },

  /** Two views of one texture: a tensor uploaded packed under one shape and then used under another. */
  async softmaxOfReshaped({values, first, second}: {values: Float32Array; first: number[]; second: number[]}) {
    const result = tf.tidy(() => {
      const x = tf.tensor(values, first);
      const other = tf.reshape(x, second);
      softmax(x);
      return softmax(other);
    });
    return (await result.data()) as Float32Array;
  },

  /** A slice that tfjs makes without a copy, as an offset into the texture. */
  async softmaxOfSlice({values, shape, begin}: {values: Float32Array; shape: number[]; begin: number}) {
    const result = tf.tidy(() => {
      const part = tf.slice(laid(values, shape, false), [begin, 0]);
      if (webgl().texData.get(part.dataId).slice == null) throw new Error('tfjs made a copy of this slice');
      return softmax(part);
    });
    return (await result.data()) as Float32Array;
  },
};
expose(functions);
export type Functions = typeof functions;

function webgl(): MathBackendWebGL {
  return tf.backend() as MathBackendWebGL;
}

function run({op, axis = -1}: Use, inputs: Inputs): tf.Tensor {
  const {rank} = inputs.x;
  return OPS[op](inputs, (axis + rank) % rank);
}

function withInputs<T>({shape, mask, packed, axis = -1}: Use, f: (inputs: Inputs) => T): T {
  tf.engine().startScope();
  const end = () => tf.engine().endScope();
  try {
    const numbers = (of: number[]) =>
      Float32Array.from({length: tf.util.sizeFromShape(of)}, () => 4 * Math.random() - 2);
    const bits = (of: number[]) =>
      Uint8Array.from({length: tf.util.sizeFromShape(of)}, () => Math.round(Math.random()));
    const rows = reducedShape(shape, (axis + shape.length) % shape.length, false);
    const result = f({
      x: laid(numbers(shape), shape, packed),
      v: laid(numbers(shape), shape, packed),
      mask: mask ? laid(bits(mask), mask, packed, 'bool') : null,
      perRow: laid(numbers(rows), rows, packed),
      classes: laid(Int32Array.from(bits(rows)), rows, packed, 'int32'),
    });
    if (result instanceof Promise) void result.finally(end).catch(() => undefined);
    else end();
    return result;
  } catch (error) {
    end();
    throw error;
  }
}

function laid(
  values: tf.TypedArray,
  shape: number[],
  packed: Use['packed'],
  dtype: 'float32' | 'int32' | 'bool' = 'float32',
): tf.Tensor {
  const x = tf.tensor(values, shape, dtype);
  if (packed === 'not in a texture') return x;
  Object.assign(webgl().texData.get(x.dataId), {isPacked: packed, shape});
  webgl().uploadToGPU(x.dataId);
  return x;
}

let traffic: {read: number; written: number} | null = null;

/**
 * From here on every program, stock or ours, draws the number of texels that the fragment has fetched in the place of
 * its result; and each draw adds them up in `traffic`. No program here fetches more or less for what it has read.
 */
function fetchesInsteadOfResults(): void {
  const {gpgpu} = webgl();
  const gl = gpgpu.gl as WebGL2RenderingContext;
  const shaderSource = gl.shaderSource.bind(gl);
  gl.shaderSource = (shader, source) => {
    if (gl.getShaderParameter(shader, gl.SHADER_TYPE) !== gl.FRAGMENT_SHADER) return shaderSource(shader, source);
    const counting = source
      .replace(/\btexelFetch\s*\(/g, 'countedTexelFetch(')
      .replace(/\btexture\s*\(/g, 'countedTexture(')
      .replace(/\bvoid\s+main\s*\(\s*\)/, 'void counted()')
      .replace(
        /precision highp sampler2D;/,
        `precision highp sampler2D;
        float fetches = 0.;
        vec4 countedTexelFetch(sampler2D s, ivec2 p, int l) { fetches++; return texelFetch(s, p, l); }
        vec4 countedTexture(sampler2D s, vec2 p) { fetches++; return texture(s, p); }`,
      );
    return shaderSource(shader, `${counting}\nvoid main() { counted(); outputColor = vec4(fetches, 0, 0, 0); }`);
  };
  const {executeProgram} = gpgpu;
  gpgpu.executeProgram = () => {
    executeProgram.call(gpgpu);
    if (traffic === null) return;
    const [, , width, height] = gl.getParameter(gl.VIEWPORT) as Int32Array;
    const drawn = new Float32Array(4 * width! * height!);
    gl.readPixels(0, 0, width!, height!, gl.RGBA, gl.FLOAT, drawn);
    traffic.read += drawn.reduce((sum, value, i) => (i % 4 === 0 ? sum + value : sum), 0);
    traffic.written += width! * height!;
  };
}
