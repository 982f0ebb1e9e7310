import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {isSoftware} from '../shaders';
import type {Hardware} from './plan';

/** Workgroups are no larger: 256 threads are what every device has, and what fills a GPU best. */
const THREADS = 256;

const known = new WeakMap<WebGPUBackend, Hardware>();

/** What a backend object runs on. */
export function hardwareOf(backend: WebGPUBackend): Hardware {
  let hardware = known.get(backend);
  if (!hardware) {
    const {limits} = backend.device;
    hardware = {
      software: isSoftware(adapterName(backend)),
      threads: Math.min(THREADS, limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
      busy: 128,
      grid: limits.maxComputeWorkgroupsPerDimension,
      bytes: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    };
    known.set(backend, hardware);
  }
  return hardware;
}

/** Plans for other hardware than there is: for tests and measurements. */
export function pretendHardware(backend: WebGPUBackend, changes: Partial<Hardware>): void {
  known.set(backend, {...hardwareOf(backend), ...changes});
}

/** What the adapter is called, as far as it says. */
export function adapterName(backend: WebGPUBackend): string {
  const {vendor, architecture} = backend.adapterInfo as unknown as Record<string, string>;
  return [vendor, architecture].filter(Boolean).join(' ');
}
