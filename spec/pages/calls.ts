/** A page that runs calls as data on one tfjs backend: the other end of `inBrowser`. */

import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {stagedBytes} from '../../backends/engines/wasm/staging';
import {backendReport} from '../../index';
import {runCase} from '../fuzz/run';
import {runCall} from '../hosts/call';
import {expose} from '../hosts/page';
import {kernelsRun} from '../hosts/wasm_kernels';

const functions = {
  /** Starts a backend, after setting tfjs's environment flags. */
  async start({backend, flags}: {backend: string; flags: Record<string, boolean | number>}): Promise<string> {
    tf.env().set('IS_TEST', true);
    for (const [name, value] of Object.entries(flags)) tf.env().set(name, value);
    if (!(await tf.setBackend(backend))) throw new Error(`tfjs's backend ${backend} does not start in this browser`);
    const {backends} = await backendReport({start: false});
    return `${backend} in ${navigator.userAgent.match(/Chrome\S*/)?.[0]}: ${backends.find(({name}) => name === backend)!.runs}`;
  },
  run: runCall,
  runCase,

  /** Which of tfjs's three wasm builds this page has, and what ours did on it. */
  wasm() {
    const {wasm} = tf.backend() as BackendWasm & {wasm: {HEAPU8: Uint8Array}};
    const {buffer} = wasm.HEAPU8;
    const fetched = performance.getEntriesByType('resource').map(({name}) => name.slice(name.lastIndexOf('/') + 1));
    return {
      crossOriginIsolated: globalThis.crossOriginIsolated,
      files: fetched.filter((file) => file.endsWith('.wasm')),
      sharedMemory: typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer,
      kernelsRun: kernelsRun(),
      /** Of the private memory that tensors are copied through where tfjs's own is out of reach. */
      stagedBytes: stagedBytes(),
    };
  },
};
expose(functions);
export type Functions = typeof functions;
