/** What `enableWebGPU` does, loaded when it is called: in pages and other hosts that have WebGPU, and for Node what dawn.ts needs. */
import {engine, getKernel} from '@tensorflow/tfjs-core';
import {checkOptions, mustBe} from '../../kernels/check';
import {isSoftware} from '../shaders';

/** Options of `enableWebGPU`. */
export interface WebGPUOptions {
  /** In Node: part of the name of the adapter to use, such as `'NVIDIA'`; by default Dawn chooses. */
  adapter?: string;
}

/** The WebGPU that `enableWebGPU` found. */
export interface WebGPUFound {
  /** What provides it: the browser (or another host that has WebGPU), or Dawn, from the npm package webgpu. */
  by: 'host' | 'Dawn';
  /** What the adapter says about itself; browsers leave parts of it empty. */
  adapter: {
    /** For example `nvidia`. */
    vendor: string;
    /** For example `hopper`. */
    architecture: string;
    /** For example `NVIDIA H200`. */
    device: string;
    /** The driver's description of itself. */
    description: string;
  };
  /** Whether the adapter is simulated on the CPU, as by SwiftShader. */
  softwareGpu: boolean;
  /** Whether tfjs's webgpu backend is registered; if not, import `@tensorflow/tfjs-backend-webgpu` now. */
  registered: boolean;
}

const OP = 'enableWebGPU';

/** The WebGPU that this host has. */
export async function findWebGPU(options: WebGPUOptions): Promise<WebGPUFound> {
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
        'https or localhost; in Node, use the Node build of this package. Or use wasm, webgl or cpu.',
    );
  }
  return found('host', await adapterOf(gpu, NO_ADAPTER_HERE));
}

const NO_ADAPTER_HERE =
  'WebGPU is there but gives no adapter: the GPU or its driver is not supported, or is blocked. In Chrome see chrome://gpu.';

export function checkWebGPUOptions(options: WebGPUOptions): WebGPUOptions {
  const {adapter} = checkOptions(OP, options);
  if (adapter === undefined || (typeof adapter === 'string' && adapter !== '')) return options;
  throw mustBe(OP, 'adapter', "a part of an adapter's name", adapter);
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
    softwareGpu: isSoftware(Object.values(adapter).join(' ')),
    registered: engine().findBackendFactory('webgpu') != null,
  };
}

/** Whether tfjs's webgpu backend was imported where there was no WebGPU: then it has its kernels but no backend. */
export function importedTooEarly(): boolean {
  return getKernel('Add', 'webgpu') != null && engine().findBackendFactory('webgpu') == null;
}
