import {engine, getKernel} from '@tensorflow/tfjs-core';
import {checkOptions, show} from '../../kernels/check';
import {isSoftwareAdapter} from './adapter';

/** Options of `enableWebGPU`. */
export interface WebGPUOptions {
  /** In Node: part of the name of the adapter to take, such as `'NVIDIA'`; without, Dawn takes what it finds best. */
  adapter?: string;
}

/** The WebGPU that `enableWebGPU` found. */
export interface WebGPUFound {
  /** What brings it: the page's browser (or another host that has it), or Dawn, from the npm package webgpu. */
  by: 'host' | 'Dawn';
  /** What the adapter says of itself; browsers leave some of it empty. */
  adapter: {
    /** Such as `nvidia`. */
    vendor: string;
    /** Such as `hopper`. */
    architecture: string;
    /** Such as `NVIDIA H200`. */
    device: string;
    /** The driver, in its own words. */
    description: string;
  };
  /** Whether that is a program on the CPU, such as SwiftShader. */
  softwareGpu: boolean;
  /** Whether tfjs's webgpu backend is registered; if not, import `@tensorflow/tfjs-backend-webgpu` now. */
  registered: boolean;
}

const OP = 'enableWebGPU';

/**
 * Looks for WebGPU, so that tfjs's webgpu backend can start: in a page, it is there or not. In Node this package's build for
 * Node starts Dawn, from the optional package `webgpu`; call it before `@tensorflow/tfjs-backend-webgpu` is imported.
 *
 * @param options in Node, which adapter
 * @returns a promise of what was found
 * @throws (rejects) if there is no WebGPU or no adapter, saying what is missing and what to do
 * @example
 * await enableWebGPU();
 * await import('@tensorflow/tfjs-backend-webgpu');
 * await tf.setBackend('webgpu');
 */
export async function enableWebGPU(options: WebGPUOptions = {}): Promise<WebGPUFound> {
  const {adapter} = checkWebGPUOptions(options);
  if (adapter !== undefined) {
    throw new Error(
      `${OP}: adapter is for Node, where this package starts WebGPU itself; here the browser chooses. Leave it out.`,
    );
  }
  const gpu = gpuHere();
  if (!gpu) {
    throw new Error(
      `${OP}: there is no WebGPU here, navigator.gpu is not defined. In a page, use a browser with WebGPU, and ` +
        'https or localhost; in Node, use the Node build of this package. The backends wasm, webgl and cpu work without WebGPU.',
    );
  }
  return found('host', await adapterOf(gpu, NO_ADAPTER_HERE));
}

const NO_ADAPTER_HERE =
  'WebGPU is there but gives no adapter: the GPU or its driver is not supported, or is blocked. In Chrome see chrome://gpu.';

export function checkWebGPUOptions(options: WebGPUOptions): WebGPUOptions {
  const {adapter} = checkOptions(OP, options);
  if (adapter === undefined || (typeof adapter === 'string' && adapter !== '')) return options;
  throw new Error(`${OP}: adapter must be a part of an adapter's name, but got ${show(adapter)}.`);
}

/** The WebGPU of this host, if it has one. */
export function gpuHere(): GPU | undefined {
  return (globalThis as {navigator?: {gpu?: GPU}}).navigator?.gpu;
}

/** @throws with `problem` if there is no adapter */
export async function adapterOf(gpu: GPU, problem: string): Promise<GPUAdapter> {
  let said = '';
  try {
    const adapter = await gpu.requestAdapter({powerPreference: 'high-performance'});
    if (adapter) return adapter;
  } catch (error) {
    said = `\n${(error as Error).message}`; // Dawn lists the adapters that there are
  }
  throw new Error(`${OP}: ${problem}${said}`);
}

export function found(by: WebGPUFound['by'], adapterFound: GPUAdapter): WebGPUFound {
  // Some browsers have an adapter without any information, and so do some types.
  const {info} = adapterFound as {info?: Partial<WebGPUFound['adapter']>};
  const {vendor = '', architecture = '', device = '', description = ''} = info ?? {};
  const adapter = {vendor, architecture, device, description};
  return {
    by,
    adapter,
    softwareGpu: isSoftwareAdapter(Object.values(adapter).join(' ')),
    registered: engine().findBackendFactory('webgpu') != null,
  };
}

/** Whether tfjs's webgpu backend was imported where there was no WebGPU: then it has its kernels but no backend. */
export function importedTooEarly(): boolean {
  return getKernel('Add', 'webgpu') != null && engine().findBackendFactory('webgpu') == null;
}
