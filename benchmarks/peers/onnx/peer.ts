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
