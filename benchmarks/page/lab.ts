/** The suite in a page: tfjs's browser backends, and libraries beside them, each in a worker of its own. */
import * as tf from '@tensorflow/tfjs-core';
import {enableWebGPU} from 'tfjs-softmax';
import {startGuests} from '../peers/apart/contender';
import {PAGE_BACKENDS} from '../peers/backends';
import {knownRoundings, labOf} from '../peers/lab';
import {stockThreadsNote} from '../peers/threads';
import type {Lab} from '../suite/lab';
import type {Missing} from '../suite/peer';
import type {Machine} from '../suite/report';
import {type Gpu, gpuOfWebGL, gpuOfWebGPU} from './gpu';
import {openWorker} from './guest_place';

/** A backend's package, and what has to be done before and after it is imported. @throws why it does not start */
const IMPORTS: Record<string, () => Promise<Gpu | null>> = {
  async cpu() {
    await import('@tensorflow/tfjs-backend-cpu');
    return null;
  },
  async wasm() {
    const {setWasmPaths} = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(new URL('wasm/', document.baseURI).href);
    return null;
  },
  async webgl() {
    await import('@tensorflow/tfjs-backend-webgl');
    if (await tf.setBackend('webgl')) return gpuOfWebGL();
    return null;
  },
  async webgpu() {
    const found = await enableWebGPU();
    await import('@tensorflow/tfjs-backend-webgpu');
    return gpuOfWebGPU(found);
  },
};

/** Stock's threads are those of its backend's start. */
async function restartWasm(threads: number): Promise<void> {
  const {setThreadsCount} = await import('@tensorflow/tfjs-backend-wasm');
  const factory = tf.findBackendFactory('wasm');
  setThreadsCount(threads);
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory as () => Promise<tf.KernelBackend>);
  if (!(await tf.setBackend('wasm'))) throw new Error(`tfjs could not start wasm with ${threads} threads`);
}

/** A library that the page was built or is served with, or why it is not there. */
type ServedLibrary = {name: string; package: string; version: string; url: string} | (Missing & {package: string});

export async function pageLab(): Promise<Lab> {
  const missing: Missing[] = [];
  const started: string[] = [];
  const gpus: Gpu[] = [];
  for (const [name, own] of Object.entries(PAGE_BACKENDS)) {
    try {
      const gpu = await IMPORTS[name]!();
      if (!(await tf.setBackend(name))) throw new Error('tfjs could not start it in this browser');
      if (gpu) gpus.push(gpu);
      started.push(name);
    } catch (error) {
      missing.push({name: `${name} backend`, reason: reasonOf(error, own)});
    }
  }
  try {
    // For the backward pass of stock and textbook.
    await import('@tensorflow/tfjs-core/dist/register_all_gradients');
  } catch (error) {
    missing.push({name: 'gradients of stock and textbook', reason: reasonOf(error, '@tensorflow/tfjs-layers')});
  }
  const libraries = (await (await fetch(new URL('libraries.json', document.baseURI))).json()) as ServedLibrary[];
  for (const library of libraries) if ('reason' in library) missing.push({name: library.name, reason: library.reason});
  const requests = libraries.flatMap((library) =>
    'url' in library ? [{...library, url: new URL(library.url, document.baseURI).href}] : [],
  );
  const host = started.includes('wasm') ? 'wasm' : started[0];
  const known = host && requests.length > 0 ? await knownRoundings(host) : [];
  const guests = await startGuests(host ? requests : [], openWorker, known);
  missing.push(...guests.refused);
  return labOf({started, missing, host, guests, restartWasm}, (versions) => machineOfPage(versions, gpus));
}

/** An import of what the page is not served with fails by its name. */
function reasonOf(error: unknown, packageName: string): string {
  const message = (error as Error).message ?? String(error);
  return /specifier|dynamically imported/.test(message) ? `it is not installed: npm install ${packageName}` : message;
}

function machineOfPage(versions: Record<string, string>, gpus: Gpu[]): Machine {
  const {userAgent, hardwareConcurrency, platform} = navigator;
  return {
    date: new Date().toISOString(),
    processor: 'not told by browsers',
    cores: hardwareConcurrency,
    runtime: userAgent,
    system: platform,
    gpu: gpus.map(({name}) => name).join('; ') || null,
    softwareGpu: gpus.length > 0 && gpus.every(({isSoftware}) => isSoftware),
    versions,
    flags: globalThis.crossOriginIsolated
      ? ['cross-origin isolated', stockThreadsNote(hardwareConcurrency, false)]
      : ['not cross-origin isolated: a coarse clock, one thread'],
  };
}

/** The libraries that there are for a page. */
export function peersOf(lab: Lab): string[] {
  return ['stock', 'textbook', ...lab.peers.map(({name}) => name)];
}
