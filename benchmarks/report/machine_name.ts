import type {Report} from '../suite/report';

/** In a few words: what computed, in what, and when. */
export function machineName({machine}: Pick<Report, 'machine'>): string {
  const {processor, cores, gpu, softwareGpu, runtime, date} = machine;
  const known = /not told/.test(processor) ? `${cores} threads` : `${processor}, ${cores} cores`;
  return [gpu && !softwareGpu ? gpuName(gpu) : known, runtimeName(runtime), date.slice(0, 10)].join(', ');
}

/** Out of what drivers say: `ANGLE (NVIDIA, Vulkan 1.4 (NVIDIA NVIDIA H200 (0x2335)), NVIDIA)`, `nvidia-h200, NVIDIA: 580`. */
function gpuName(gpu: string): string {
  const [, inside] = /\((?:NVIDIA )?((?:NVIDIA|AMD|Intel|Apple|Qualcomm)[^(]*) \(0x/.exec(gpu) ?? [];
  if (inside) return inside;
  const [first] = gpu.split(',');
  return /^nvidia-/.test(first!) ? `NVIDIA ${first!.slice(7).toUpperCase()}` : gpu;
}

function runtimeName(runtime: string): string {
  const [browser] = /(?:Firefox|Edg|Chrome|Version)\/\d+/.exec(runtime) ?? [];
  if (browser) return browser.replace('/', ' ').replace('Version', 'Safari');
  return runtime.split(', V8')[0]!;
}
