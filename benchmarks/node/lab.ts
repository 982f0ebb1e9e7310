import {cpus} from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import * as softmaxPackage from 'tfjs-softmax';
import {startGuests} from '../peers/apart/contender';
import {NODE_BACKENDS} from '../peers/backends';
import {knownRoundings, labOf} from '../peers/lab';
import {LIBRARIES} from '../peers/libraries';
import {stockThreadsNote} from '../peers/threads';
import type {Lab} from '../suite/lab';
import type {Missing} from '../suite/peer';
import {openProcess} from './guest_place';
import {machineOfNode} from './machine';
import {find, firstLine, load} from './packages';

/** Brings tfjs's own gradients, which tfjs-core alone lacks. */
const GRADIENTS = '@tensorflow/tfjs-layers';

/** What there is in this process and in those of the libraries, of the backends and peers that are wanted. */
export async function nodeLab(wanted: {backends: string[]; peers: string[]; threads: number[]}): Promise<Lab> {
  tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
  const missing: Missing[] = [];
  const started: string[] = [];
  let gpu: {name: string; software: boolean} | null = null;
  for (const name of wanted.backends) {
    try {
      if (name === 'webgpu') gpu = await enableWebGPU();
      if (name === 'wasm' && wanted.threads.some((count) => count > 1)) await shareWasmMemory();
      await start(name);
      started.push(name);
    } catch (error) {
      missing.push({name: `${name} backend, ${NODE_BACKENDS[name]}`, reason: firstLine(error).replace(/^Error: /, '')});
    }
  }
  const gradients = load(GRADIENTS);
  if ('reason' in gradients) missing.push({name: 'gradients of stock and textbook', reason: gradients.reason});
  // They belong to no tfjs backend, and stand beside the one that is most like them.
  const host = started.includes('wasm') ? 'wasm' : started.find((name) => name !== 'webgpu');
  const libraries = host ? LIBRARIES.filter(({name}) => wanted.peers.includes(name)) : [];
  const requests = libraries.flatMap(({name, package: packageName}) => {
    const found = find(packageName);
    if ('reason' in found) missing.push({name, reason: found.reason});
    return 'reason' in found ? [] : [{name}];
  });
  const known = requests.length > 0 ? await knownRoundings(host!) : [];
  const guests = await startGuests(requests, openProcess, known);
  missing.push(...guests.refused);
  return labOf({started, missing, host, guests, restartWasm: null}, (versions) =>
    machineOfNode({...versions, node: process.version}, threadsInNode(started, wanted.threads), gpu),
  );
}

/** @throws why wasm has no threads here */
async function shareWasmMemory(): Promise<void> {
  const found = load<Parameters<typeof softmaxPackage.enableWasmThreads>[0]>(NODE_BACKENDS.wasm!);
  if ('reason' in found) throw new Error(found.reason);
  await softmaxPackage.enableWasmThreads(found.loaded);
}

/** @throws why there is no WebGPU */
async function enableWebGPU(): Promise<{name: string; software: boolean}> {
  const {adapter, softwareGpu} = await softmaxPackage.enableWebGPU();
  const {vendor, architecture, device, description} = adapter;
  return {name: [vendor, architecture, device, description].filter(Boolean).join(' '), software: softwareGpu};
}

/** @throws the reason, if a backend cannot start */
async function start(name: string): Promise<void> {
  const found = load(NODE_BACKENDS[name]!);
  if ('reason' in found) throw new Error(found.reason);
  if (!(await tf.setBackend(name))) throw new Error('tfjs could not start it');
}

function threadsInNode(started: string[], threads: number[]): string[] {
  return [
    ...(started.includes('tensorflow') ? ['tensorflow: as many threads as it takes by itself'] : []),
    ...(threads.some((count) => count > 1) ? [stockThreadsNote(cpus().length, true)] : []),
  ];
}
