import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {Rows} from '../engines/types';
import {isSoftwareAdapter} from './adapter';
import type {Shape} from './plan';

/** What plans depend on beside the rows: plain data, found out once a backend. */
export interface Hardware {
  /** Whether the GPU is a program on the CPU, where threads that wait for each other cost more than anything else. */
  software: boolean;
  /** Threads of a workgroup, at most. */
  threads: number;
  /** Workgroups that there have to be to keep the GPU busy. */
  busy: number;
  /** Workgroups along one dimension of a dispatch, at most. */
  grid: number;
  /** Bytes of a tensor, at most. */
  bytes: number;
  /** For tests and measurements: what is chosen for rows, in place of what would be. */
  choose?: (rows: Rows) => Shape;
}

/** Workgroups are no larger: 256 threads are what every device has, and what fills a GPU best. */
const THREADS = 256;

const known = new WeakMap<WebGPUBackend, Hardware>();

/** What a backend object runs on. */
export function hardwareOf(backend: WebGPUBackend): Hardware {
  let hardware = known.get(backend);
  if (!hardware) {
    const {limits} = backend.device;
    hardware = {
      software: isSoftwareAdapter(adapterName(backend)),
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
