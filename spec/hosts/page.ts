/**
 * The browser's side of `browser.ts`: a page's program imports this, which brings tfjs with its browser backends, and
 * exposes the functions that Node may call.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import {pretendDevice} from '../../backends/webgl/device';
import {pack, unpack} from './transfer';

setWasmPaths('/wasm/');

// biome-ignore lint/suspicious/noExplicitAny: each function has argument and result types of its own
export type PageFunctions = Record<string, (args: any) => unknown>;

declare global {
  function callExposed(name: string, args: unknown): Promise<unknown>;
  /** From here on webgl's reductions are cut as for a GPU in hardware, whatever this browser has. */
  function cutAsForHardware(): void;
}

globalThis.cutAsForHardware = () => pretendDevice({renderer: 'pretended hardware', software: false});

/** Makes these the functions that `BrowserPage.run` calls; names match those of its type parameter. */
export function expose(functions: PageFunctions): void {
  globalThis.callExposed = async (name, args) => {
    const called = functions[name];
    if (!called) throw new Error(`the page exposes no ${name}; it has ${Object.keys(functions).join(', ')}`);
    return pack(await called(unpack(args)));
  };
  if (typeof document !== 'undefined') return;
  globalThis.onmessage = ({data: [name, args]}) => {
    globalThis.callExposed(name, args).then(
      (result) => postMessage({result}),
      (error) => postMessage({error: String(error)}),
    );
  };
}

/** Calls a function of this page's program in a worker that runs it, too. */
export async function inWorker(name: string, args?: unknown): Promise<unknown> {
  const worker = new Worker('/page.js', {type: 'module'});
  try {
    const {result, error} = await new Promise<{result?: unknown; error?: string}>((resolve) => {
      worker.onmessage = ({data}) => resolve(data);
      worker.onerror = ({message}) => resolve({error: message});
      worker.postMessage([name, pack(args)]);
    });
    if (error !== undefined) throw new Error(`in the worker: ${error}`);
    return unpack(result);
  } finally {
    worker.terminate();
  }
}
