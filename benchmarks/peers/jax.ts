import type {OpName} from '../suite/ops';
import type {Peer} from '../suite/peer';

/** What is used of @jax-js/jax, which counts references: an op takes one of each argument, `ref` gives another. */
export interface Jax {
  init(device: string): Promise<string[]>;
  defaultDevice(device?: string): string;
  jit(f: (x: JaxArray) => JaxArray): (x: JaxArray) => JaxArray;
  numpy: {array(values: Float32Array): JaxArray};
  nn: Record<'softmax' | 'logSoftmax' | 'logsumexp', (x: JaxArray, axis: number) => JaxArray>;
}

interface JaxArray {
  ref: JaxArray;
  device: string;
  reshape(shape: readonly number[]): JaxArray;
  blockUntilReady(): Promise<JaxArray>;
  data(): Promise<Float32Array>;
  dispose(): void;
}

const OPS = {softmax: 'softmax', logSoftmax: 'logSoftmax', logSumExp: 'logsumexp'} as const;

/** On WebAssembly, compiled by its `jit`, as it advises; a call waits until its result is there. */
export async function jaxPeer(name: string, {init, defaultDevice, jit, numpy, nn}: Jax): Promise<Peer> {
  const devices = await init('wasm');
  if (!devices.includes('wasm')) throw new Error(`jax-js has no WebAssembly here, only ${devices.join(', ')}`);
  defaultDevice('wasm');
  return {
    name,
    ops: Object.keys(OPS) as OpName[],
    async prepare({op, shape, inputs}) {
      const call = jit((x) => nn[OPS[op as keyof typeof OPS]](x, -1));
      const arrays = await Promise.all(inputs.map(({x}) => numpy.array(x).reshape(shape).blockUntilReady()));
      const results = new Map<JaxArray, Float32Array>();
      const numbers = async (out: JaxArray) => {
        if (!results.has(out)) results.set(out, await out.ref.data());
        return results.get(out)!;
      };
      return {
        queued: false,
        run: (which) => call(arrays[which]!.ref).blockUntilReady(),
        peek: async (out, index) => (await numbers(out as JaxArray))[index]!,
        read: (out) => numbers(out as JaxArray),
        storage: (out) => out,
        release: (out) => {
          results.delete(out as JaxArray);
          (out as JaxArray).dispose();
        },
        dispose: () => {
          for (const array of arrays) array.dispose();
        },
      };
    },
  };
}
