/** How many threads the wasm backend runs on: ours are told at any time, stock's when its backend starts. */
import * as tf from '@tensorflow/tfjs-core';
import {setThreads} from 'tfjs-softmax';
import {memoryOf} from '../../tfjs/wasm_memory';

/** Has stock's wasm backend start anew with so many threads. In Node it has one, whatever is asked. */
export type RestartWasm = (threads: number) => Promise<void>;

/** @returns null where it cannot be told: on other backends, and where threads share no memory */
export function mostThreads(backend: string, cores: number): number | null {
  if (backend !== 'wasm') return null;
  const memory = memoryOf(tf.engine().registry.wasm as never);
  const isShared = typeof SharedArrayBuffer !== 'undefined' && memory?.buffer instanceof SharedArrayBuffer;
  return isShared ? cores : null;
}

let threadsOfStock: number | null = null;

/** Before a case is timed; the backend has no tensors then. */
export async function useThreads(threads: number, restart: RestartWasm | null): Promise<void> {
  setThreads(threads);
  if (!restart || threads === threadsOfStock) return;
  threadsOfStock = threads;
  await restart(threads);
}

/** tfjs starts no more threads than half of the cores, and eight. */
export function stockThreadsNote(cores: number, isNode: boolean): string {
  const most = Math.max(1, Math.min(8, Math.floor(cores / 2)));
  return isNode
    ? 'stock on wasm: 1 thread in Node, whatever is asked'
    : `stock on wasm: ${most} ${most === 1 ? 'thread' : 'threads'} at most on ${cores} cores, whatever is asked`;
}
