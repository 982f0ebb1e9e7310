import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';

/** Null until a device is lost. */
const reasons = new WeakMap<WebGPUBackend, string | null>();

/** Why a backend can compute nothing any more; null if it can, as far as its device has said since this was first asked. */
export function lostDevice(backend: WebGPUBackend): string | null {
  let reason = reasons.get(backend);
  if (reason === undefined) {
    reason = null;
    reasons.set(backend, reason);
    const {device} = backend;
    device.lost.then(({message}) => {
      reasons.set(backend, `its GPU device is lost${message ? ` (${message})` : ''}`);
    });
    // WebGPU drops what was sent with a buffer that could not be had, and tfjs takes that buffer again for later tensors.
    device.addEventListener('uncapturederror', (event) => {
      if ((event as GPUUncapturedErrorEvent).error instanceof GPUOutOfMemoryError)
        reasons.set(backend, 'its GPU has had no memory left');
    });
  }
  return reason;
}
