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

/**
 * Finds WebGPU, so that tfjs's webgpu backend can start. A page has WebGPU or not. In Node this function starts Dawn, from
 * the optional package `webgpu`; call it before you import `@tensorflow/tfjs-backend-webgpu`.
 *
 * @param options in Node, which adapter
 * @returns the WebGPU that was found
 * @throws (rejects) if there is no WebGPU or no adapter; the error says what is missing and what to do
 * @example
 * await enableWebGPU();
 * await import('@tensorflow/tfjs-backend-webgpu');
 * await tf.setBackend('webgpu');
 */
export async function enableWebGPU(options: WebGPUOptions = {}): Promise<WebGPUFound> {
  return (await import('./enabling')).findWebGPU(options);
}
