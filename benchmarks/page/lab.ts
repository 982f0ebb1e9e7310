/** The suite in a page: tfjs's browser backends, and onnxruntime-web where the page was built with it. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-core/dist/register_all_gradients'; // for the backward pass of stock and textbook
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {labOf} from '../peers/lab';
import {type OnnxRuntime, onnxPeer} from '../peers/onnx/peer';
import type {Lab} from '../suite/lab';
import type {Missing, Peer} from '../suite/peer';
import type {Machine} from '../suite/report';
import {type Gpu, gpuOfWebGL} from './gpu';

const PAGE_BACKENDS = ['cpu', 'wasm', 'webgl'];
export const PAGE_PEERS = ['stock', 'textbook', 'onnxruntime-web'];

/** Set by the build: whether onnxruntime-web lies beside the page. */
declare const HAS_ONNX_RUNTIME: boolean;

setWasmPaths(new URL('wasm/', document.baseURI).href);

export async function pageLab(): Promise<Lab> {
  const missing: Missing[] = [];
  const started: string[] = [];
  for (const name of PAGE_BACKENDS) {
    const reason = await start(name);
    if (reason) missing.push({name: `${name} backend`, reason});
    else started.push(name);
  }
  const gpu = started.includes('webgl') ? await gpuAfterStart() : null;
  const onnx = await onnxRuntime(missing);
  return labOf(started, missing, {host: 'wasm', peers: onnx ? [onnx.peer] : []}, (versions) =>
    machineOfPage({...versions, ...(onnx && {'onnxruntime-web': onnx.version})}, gpu),
  );
}

async function start(name: string): Promise<string | null> {
  try {
    return (await tf.setBackend(name)) ? null : 'tfjs could not start it in this browser';
  } catch (error) {
    return String(error);
  }
}

async function gpuAfterStart(): Promise<Gpu> {
  await tf.setBackend('webgl');
  return gpuOfWebGL();
}

async function onnxRuntime(missing: Missing[]): Promise<{peer: Peer; version: string} | null> {
  const name = 'onnxruntime-web';
  if (!HAS_ONNX_RUNTIME) {
    missing.push({name, reason: 'the page was built without it: npm run setup:bench-peers, then npm run bench:page'});
    return null;
  }
  const folder = new URL('onnx/', document.baseURI).href;
  const runtime = (await import(`${folder}ort.wasm.min.mjs`)) as OnnxRuntime;
  runtime.env.wasm.wasmPaths = folder;
  runtime.env.wasm.numThreads = 1;
  return {peer: onnxPeer(name, runtime), version: runtime.env.versions.common};
}

function machineOfPage(versions: Record<string, string>, gpu: Gpu | null): Machine {
  const {userAgent, hardwareConcurrency, platform} = navigator;
  return {
    date: new Date().toISOString(),
    processor: 'not told by browsers',
    cores: hardwareConcurrency,
    runtime: userAgent,
    system: platform,
    gpu: gpu?.name ?? null,
    softwareGpu: gpu?.isSoftware ?? false,
    versions,
    flags: [
      globalThis.crossOriginIsolated ? 'cross-origin isolated' : 'not cross-origin isolated: a coarse clock',
      ...(HAS_ONNX_RUNTIME ? ['onnxruntime-web: 1 thread'] : []),
    ],
  };
}
