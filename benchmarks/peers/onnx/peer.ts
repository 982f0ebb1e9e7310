import type {OpName} from '../../suite/ops';
import type {Peer} from '../../suite/peer';
import {ONNX_OPS, type OnnxOp, onnxModel} from './model';

/** What is used of onnxruntime-web and onnxruntime-node; they share this interface. */
export interface OnnxRuntime {
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OnnxTensor;
  InferenceSession: {create(model: Uint8Array, options: object): Promise<OnnxSession>};
  env: {wasm: {numThreads?: number; wasmPaths?: string}; versions: {common: string; web?: string; node?: string}};
}

interface OnnxTensor {
  data: Float32Array;
}

interface OnnxSession {
  run(feeds: {x: OnnxTensor}): Promise<{y: OnnxTensor}>;
  release(): Promise<void>;
}

/** One thread, as JavaScript has, and no more copying of inputs and outputs than its public interface asks for. */
export function onnxPeer(name: string, {Tensor, InferenceSession}: OnnxRuntime): Peer {
  return {
    name,
    ops: ONNX_OPS satisfies readonly OpName[],
    async prepare({op, shape, inputs}) {
      const session = await InferenceSession.create(onnxModel(op as OnnxOp), {
        executionProviders: [name === 'onnxruntime-web' ? 'wasm' : 'cpu'],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
      });
      const feeds = inputs.map(({x}) => ({x: new Tensor('float32', x, shape)}));
      return {
        queued: false,
        run: async (which) => (await session.run(feeds[which]!)).y.data,
        peek: (out, index) => (out as Float32Array)[index]!,
        read: (out) => out as Float32Array,
        storage: (out) => (out as Float32Array).buffer,
        release: () => {},
        dispose: () => session.release(),
      };
    },
  };
}

/** What there is to see of what computed, besides results. */
export interface Evidence {
  /** How many WebAssembly modules have been instantiated. */
  wasmModules: number;
  /** Native libraries of the name that are loaded, by their paths. */
  nativeLibraries: string[];
}

/**
 * The provider that ran. Both runtimes share a package which keeps the first backend called `cpu`: where the other is loaded as
 * well, it may be the one that computes.
 *
 * @throws if it is not certain that the runtime of that name ran
 */
export function onnxProvider(name: string, {env}: OnnxRuntime, {wasmModules, nativeLibraries}: Evidence): string {
  const {web, node} = env.versions;
  const [own, other] = name === 'onnxruntime-web' ? [web, node] : [node, web];
  if (other !== undefined) {
    throw new Error(
      `another runtime of ONNX is loaded in its process (web ${web}, node ${node}), and what runs as 'cpu' is the first of them`,
    );
  }
  if (own === undefined) throw new Error(`what loaded as ${name} has the version of no runtime of ONNX`);
  if (name === 'onnxruntime-web') {
    if (wasmModules > 0 && nativeLibraries.length === 0) return 'wasm, 1 thread';
    throw new Error(`no WebAssembly ran in its process: ${nativeLibraries.join(', ') || 'nothing that is known'} did`);
  }
  const [library] = nativeLibraries;
  if (library && wasmModules === 0) return `cpu, 1 thread, ${library.split(/[\\/]/).at(-1)}`;
  throw new Error('its native library is not loaded, so something else has computed');
}
