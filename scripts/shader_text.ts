import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {DataType, TensorInfo} from '@tensorflow/tfjs-core';
import {env} from '@tensorflow/tfjs-core';
import {maskRuns} from '../backends/engines/mask_runs';
import type {ForwardKind, ProductKind} from '../backends/engines/types';
import {webglBackend} from '../backends/webgl';
import {pretendDevice} from '../backends/webgl/device';
import {gridOf, texelsPerLine} from '../backends/webgl/layout';
import {reducedShape, rowsAlong} from '../kernels/rows';

/** What is to be drawn, and how. */
export interface Drawing {
  op: ShaderOp;
  shape: number[];
  axis: number;
  /** Whether reductions are cut as for a software renderer. */
  software: boolean;
  /** Whether inputs lie one element a texel. */
  unpacked: boolean;
  /** Whether textures are half floats. */
  half: boolean;
  masked: boolean;
  scale: number;
}

const FORWARD = ['softmax', 'logSoftmax', 'logSumExp'] as const satisfies ForwardKind[];
const PRODUCTS = ['softmaxProduct', 'logSoftmaxJvp', 'logSoftmaxVjp'] as const satisfies ProductKind[];
const LOSSES = ['crossEntropy', 'sparseCrossEntropy', 'crossEntropyGradient', 'sparseCrossEntropyGradient'] as const;
export const SHADER_OPS = [...FORWARD, ...PRODUCTS, ...LOSSES];
export type ShaderOp = (typeof SHADER_OPS)[number];

/** The programs that an op draws on webgl, one after the other, each as one text. No GPU is needed: nothing is drawn. */
export function shaderTexts({op, shape, axis, software, unpacked, half, masked, scale}: Drawing): string[] {
  const flags = {
    WEBGL_VERSION: 2,
    WEBGL_PACK: !unpacked,
    WEBGL_RENDER_FLOAT32_ENABLED: !half,
    WEBGL_MAX_TEXTURE_SIZE: 16384,
  };
  for (const [name, value] of Object.entries(flags)) env().registerFlag(name, () => value);
  const recorder = new Recorder();
  const backend = recorder as unknown as MathBackendWebGL;
  const rows = rowsAlong(shape, axis);
  const tensor = (of: number[], dtype: DataType = 'float32') => recorder.makeTensorInfo(of, dtype);
  const perRow = reducedShape(shape, axis, false);
  pretendDevice({renderer: software ? 'software' : 'hardware', software});
  try {
    const x = tensor(shape);
    if (isIn(FORWARD, op)) {
      const mask = masked ? {tensor: tensor(shape, 'bool'), ...maskRuns(shape, shape, axis)} : null;
      const outputShape = op === 'logSumExp' ? perRow : shape;
      webglBackend.forward({kind: op, x, rows, scale, mask, outputShape}, backend);
    } else if (op === 'logSoftmaxVjp') {
      const request = {kind: op, x, v: tensor(shape), rows, scale, factor: scale};
      webglBackend.productFromLogits!(request, backend);
    } else if (isIn(PRODUCTS, op)) {
      webglBackend.product({kind: op, y: x, v: tensor(shape), rows, factor: scale}, backend);
    } else {
      const sparse = op.startsWith('sparse');
      const labels = sparse ? tensor(perRow, 'int32') : tensor(shape);
      const request = {
        x,
        labels,
        rows,
        sparse,
        smoothing: 0,
        total: null,
        outputShape: perRow,
        cotangent: tensor(perRow),
      };
      if (op.endsWith('Gradient')) webglBackend.crossEntropyGradient!(request, backend);
      else webglBackend.crossEntropy!(request, backend);
    }
  } finally {
    pretendDevice(null);
  }
  return recorder.texts.map((text, i) => `// ${op} of [${shape}], draw ${i + 1} of ${recorder.texts.length}: ${text}`);
}

function isIn<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

interface Data {
  shape: number[];
  isPacked: boolean;
  texture?: object;
  texShape?: [number, number];
}

/** Where tfjs's backend would draw, this writes down. */
class Recorder {
  readonly texts: string[] = [];
  readonly texData = new Map<object, Data>();
  readonly gpgpu = {gl: {isContextLost: () => false}};

  shouldExecuteOnCPU(): boolean {
    return false;
  }

  makeTensorInfo(shape: number[], dtype: DataType): TensorInfo {
    const dataId = {};
    this.texData.set(dataId, {shape, isPacked: false});
    return {dataId, shape, dtype};
  }

  uploadToGPU(dataId: object): void {
    const data = this.texData.get(dataId)!;
    const grid = gridOf(data.shape);
    const lines = grid.batches * grid.lines;
    data.texture = {};
    data.texShape = data.isPacked ? [2 * Math.ceil(lines / 2), 2 * texelsPerLine(grid)] : [lines, grid.columns];
  }

  disposeIntermediateTensorInfo(): void {}

  runWebGLProgram(
    program: Parameters<MathBackendWebGL['runWebGLProgram']>[0],
    _: unknown,
    dtype: DataType,
    values: number[][],
  ) {
    const {outputShape, packedOutput, customUniforms = [], variableNames, userCode: name} = program;
    const {userCode} = program; // after its name, which tfjs asks for first
    if (userCode === name) throw new Error('a program is asked for its name first, and then for its text');
    const [height, width] = outputShape.map((length) => (packedOutput ? length / 2 : length));
    const declarations = [
      ...variableNames.map((name) => `uniform sampler2D ${name};`),
      ...customUniforms.map(({type, name}, i) => `uniform ${type} ${name}; // ${values[i]!.join(', ')}`),
    ];
    this.texts.push(
      `${width} by ${height} fragments of ${packedOutput ? 'four numbers' : 'one number'} each.\n` +
        `// NAN and setOutput are tfjs's.\n${declarations.join('\n')}\n\n${formatted(userCode)}`,
    );
    const result = this.makeTensorInfo(outputShape, dtype);
    Object.assign(this.texData.get(result.dataId)!, {isPacked: packedOutput, texture: {}, texShape: outputShape});
    return result;
  }
}

/** GLSL indented by its braces, with one empty line between what stands at the left. */
function formatted(glsl: string): string {
  const lines: string[] = [];
  let depth = 0;
  for (const line of glsl.split('\n').map((text) => text.trim())) {
    if (line === '') {
      if (depth === 0 && lines.at(-1) !== '') lines.push('');
      continue;
    }
    const closing = /^[})]/.test(line) ? 1 : 0;
    lines.push('  '.repeat(Math.max(depth - closing, 0)) + line);
    const code = line.replace(/\/\/.*/, '');
    depth += (code.match(/[{(]/g) ?? []).length - (code.match(/[})]/g) ?? []).length;
    if (depth === 0 && closing) lines.push('');
  }
  return lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
