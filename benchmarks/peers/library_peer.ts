import type {Peer} from '../suite/peer';
import type {Loaded} from './apart/guest';
import {type Jax, jaxPeer} from './jax';
import {type Evidence, type OnnxRuntime, onnxPeer, onnxProvider} from './onnx/peer';
import {type Transformers, transformersPeer} from './transformers';

/** What was loaded under a name, as a peer that can prove itself. */
export async function libraryPeer(
  {name, package: packageName, version}: {name: string; package: string; version: string},
  loaded: unknown,
  evidence: () => Evidence,
): Promise<Loaded> {
  const proven = (peer: Peer, provider: () => string): Loaded => ({
    peer,
    prove: () => ({package: packageName, version, provider: provider()}),
  });
  switch (name) {
    case 'onnxruntime-web':
    case 'onnxruntime-node': {
      const runtime = loaded as OnnxRuntime;
      runtime.env.wasm.numThreads = 1;
      return proven(onnxPeer(name, runtime), () => onnxProvider(name, runtime, evidence()));
    }
    case 'jax-js': {
      const jax = loaded as Jax;
      return proven(await jaxPeer(name, jax), () => `${jax.defaultDevice()}, 1 thread`);
    }
    case 'transformers.js':
      return proven(transformersPeer(name, loaded as Transformers), () => 'JavaScript');
    default:
      throw new Error(`there is no library ${name}`);
  }
}
