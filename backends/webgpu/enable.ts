import type {WebGPUFound, WebGPUOptions} from './enabling';

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
