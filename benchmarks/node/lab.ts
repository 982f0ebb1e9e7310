import * as tf from '@tensorflow/tfjs-core';
import {labOf} from '../peers/lab';
import {type OnnxRuntime, onnxPeer} from '../peers/onnx/peer';
import type {Lab} from '../suite/lab';
import type {Missing, Peer} from '../suite/peer';
import {machineOfNode} from './machine';
import {firstLine, load} from './packages';

/** tfjs backends of Node and the packages that bring them. */
const BACKENDS: Record<string, string> = {
  cpu: '@tensorflow/tfjs-backend-cpu',
  wasm: '@tensorflow/tfjs-backend-wasm',
  tensorflow: '@tensorflow/tfjs-node',
};
export const NODE_BACKENDS = Object.keys(BACKENDS);

/** Brings tfjs's own gradients, which tfjs-core alone lacks. */
const GRADIENTS = '@tensorflow/tfjs-layers';

const ONNX_RUNTIMES = ['onnxruntime-web', 'onnxruntime-node'];

/** What there is in this process, of the backends and peers that are wanted. */
export async function nodeLab(wanted: {backends: string[]; peers: string[]}): Promise<Lab> {
  tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
  const missing: Missing[] = [];
  const started: string[] = [];
  for (const name of wanted.backends) {
    const reason = await start(name);
    if (reason) missing.push({name: `${name} backend, ${BACKENDS[name]}`, reason});
    else started.push(name);
  }
  const gradients = load(GRADIENTS);
  if ('reason' in gradients) missing.push({name: 'gradients of stock and textbook', reason: gradients.reason});
  const guests = onnxPeers(wanted.peers, missing);
  // They belong to no tfjs backend, and stand beside the one that is most like them.
  const host = started.includes('wasm') ? 'wasm' : started[0];
  const flags = guests.versions ? ['onnxruntime: 1 thread'] : [];
  return labOf(started, missing, {host, peers: guests.peers}, (versions) =>
    machineOfNode({...versions, ...guests.versions, node: process.version}, flags),
  );
}

/** Starts a backend. The reason, if it cannot be. */
async function start(name: string): Promise<string | null> {
  const found = load(BACKENDS[name]!);
  if ('reason' in found) return found.reason;
  try {
    return (await tf.setBackend(name)) ? null : 'tfjs could not start it';
  } catch (error) {
    return firstLine(error);
  }
}

function onnxPeers(wanted: string[], missing: Missing[]): {peers: Peer[]; versions: Record<string, string> | null} {
  const peers: Peer[] = [];
  const versions: Record<string, string> = {};
  for (const name of ONNX_RUNTIMES.filter((one) => wanted.includes(one))) {
    // The package that both share keeps the first backend called cpu: the second runtime would run the first one.
    const [loaded] = Object.keys(versions);
    const found = loaded
      ? {reason: `${loaded} is loaded, and ${name} would run it: measure ${name} alone, by --peer ${name}`}
      : load<OnnxRuntime>(name);
    if ('reason' in found) {
      missing.push({name, reason: found.reason});
      continue;
    }
    found.loaded.env.wasm.numThreads = 1;
    versions[name] = found.loaded.env.versions.common;
    peers.push(onnxPeer(name, found.loaded));
  }
  return {peers, versions: peers.length > 0 ? versions : null};
}
