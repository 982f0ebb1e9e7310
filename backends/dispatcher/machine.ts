/** What this machine has, as far as it shows without starting a backend. Everything here is found out once. */
import {hasRelaxedSimd, hasSimd, hasThreads} from '../engines/wasm/features';
import {isSoftware} from '../shaders';
import {rendererOf} from '../webgl/device';
import {builtin, processOf} from './environment';

/** What a WebGL context says about the GPU. */
export interface Gpu {
  /** The name given by the driver; browsers may hide it. */
  renderer: string;
  /** Whether the GPU is simulated on the CPU, as by SwiftShader or llvmpipe. */
  software: boolean;
  /** Whether it is a GPU of phones and tablets. */
  mobile: boolean;
  /** The newest version available. */
  webglVersion: 1 | 2;
  /** Whether it can render to float32 textures; otherwise to half floats only. */
  float32: boolean;
  /** Texels per side. */
  maxTextureSize: number;
}

/** The WebAssembly features of the host. */
export interface WasmFeatures {
  /** Instructions on 128-bit vectors. */
  simd: boolean;
  /** Fused multiply-add, among others. */
  relaxedSimd: boolean;
  /** Shared memory and atomics, which in a page need cross-origin isolation. */
  threads: boolean;
}

/** The hardware and the runtime. */
export interface Machine {
  /** Name and major version: `Node 20`, `Deno 2`, `Bun 1`, `Chrome 143`. */
  runtime: string;
  /** Operating system and architecture, as far as a browser tells them. */
  platform: string;
  /** The name of the processor; null in browsers, which do not tell. */
  processor: string | null;
  /** The number of logical cores; null if unknown. */
  cores: number | null;
  /** The smallest step of performance.now(), in milliseconds. */
  timerResolutionMs: number;
  /** Whether the page may share memory between threads. */
  crossOriginIsolated: boolean;
  /** Null if there is no WebAssembly. */
  wasm: WasmFeatures | null;
  /** Null if there is no WebGL. */
  gpu: Gpu | null;
  /** Whether there is WebGPU, in the browser or started by `enableWebGPU()`; there may still be no adapter. */
  webgpu: boolean;
}

/** The clock is left to the report, which is the only one that asks: this is loaded with every page. */
let found: Omit<Machine, 'timerResolutionMs' | 'webgpu'> | undefined;

export function machine(): Omit<Machine, 'timerResolutionMs'> {
  found ??= lookAround();
  // Asked each time: in Node `enableWebGPU()` may bring it later.
  return {...found, webgpu: (navigatorHere() as {gpu?: unknown} | undefined)?.gpu != null};
}

function navigatorHere(): Navigator | undefined {
  return globalThis.navigator;
}

/** The hardware as a line for people, and the key of what is remembered about it. */
export function fingerprint(): string {
  const {runtime, platform, processor, cores, wasm, gpu} = machine();
  const features = wasm ? Object.entries(wasm).flatMap(([name, present]) => (present ? [name] : [])) : ['none'];
  return [
    runtime,
    platform,
    processor,
    `${cores ?? 'unknown'} cores`,
    `WebAssembly: ${features.join(' ') || 'plain'}`,
    gpu ? `GPU: ${gpu.renderer}${gpu.float32 ? '' : ', half floats'}` : 'no GPU',
  ]
    .filter((part) => part !== null)
    .join(', ');
}

function lookAround() {
  const navigator = navigatorHere();
  const node = processOf()?.versions?.node;
  const os = node ? builtin('node:os') : null;
  return {
    runtime: runtimeHere(),
    platform: node ? `${processOf()!.platform} ${processOf()!.arch}` : (navigator?.platform ?? 'unknown'),
    processor: os?.cpus()[0]?.model ?? null,
    cores: os?.cpus().length ?? navigator?.hardwareConcurrency ?? null,
    crossOriginIsolated: globalThis.crossOriginIsolated ?? false,
    wasm: wasmFeatures(),
    gpu: node ? null : gpuOf(),
  };
}

/** Deno and Bun say that they are a Node, too. */
function runtimeHere(): string {
  const {node, bun} = processOf()?.versions ?? {};
  const deno = (globalThis as {Deno?: {version?: {deno?: string}}}).Deno?.version?.deno;
  for (const [name, version] of Object.entries({Deno: deno, Bun: bun, Node: node})) {
    if (version) return `${name} ${version.split('.')[0]}`;
  }
  const userAgent = navigatorHere()?.userAgent ?? '';
  const [, name, version] = /(Firefox|Edg|Chrome)\/(\d+)/.exec(userAgent) ?? /(Version)\/(\d+)/.exec(userAgent) ?? [];
  return name ? `${name === 'Version' ? 'Safari' : name} ${version}` : 'unknown runtime';
}

function wasmFeatures(): WasmFeatures | null {
  if (typeof WebAssembly === 'undefined') return null;
  return {simd: hasSimd(), relaxedSimd: hasRelaxedSimd(), threads: hasThreads()};
}

/** Asks a WebGL context of its own, which is given back at once: browsers have only some sixteen. */
function gpuOf(): Gpu | null {
  const gl = contextOf();
  if (gl == null) return null;
  const webglVersion = typeof WebGL2RenderingContext !== 'undefined' && gl instanceof WebGL2RenderingContext ? 2 : 1;
  const renderer = rendererOf(gl);
  const gpu: Gpu = {
    renderer,
    software: isSoftware(renderer),
    mobile: isMobileRenderer(renderer, navigatorHere()?.userAgent ?? ''),
    webglVersion,
    float32: gl.getExtension(webglVersion === 2 ? 'EXT_color_buffer_float' : 'WEBGL_color_buffer_float') != null,
    maxTextureSize: gl.getParameter(gl.MAX_TEXTURE_SIZE),
  };
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return gpu;
}

/** By the names that their makers give them; Apple's is the same in phones and in computers, so the device decides there. */
export function isMobileRenderer(renderer: string, userAgent: string): boolean {
  if (/adreno|mali|powervr|xclipse|immortalis|videocore|tegra/i.test(renderer)) return true;
  return /apple/i.test(renderer) && /iPhone|iPad|Mobile/.test(userAgent);
}

function contextOf(): WebGLRenderingContext | null {
  try {
    const canvas =
      typeof OffscreenCanvas === 'undefined' ? document.createElement('canvas') : new OffscreenCanvas(1, 1);
    return (canvas.getContext('webgl2') ?? canvas.getContext('webgl')) as WebGLRenderingContext | null;
  } catch {
    return null; // no canvas, or WebGL is switched off
  }
}
