import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {isSoftware} from '../shaders';

/** What a WebGL context tells of what will run the shaders. */
export interface Device {
  /** The name given by the driver; browsers may hide it. */
  renderer: string;
  /** Whether that renderer is a program on the CPU, such as SwiftShader. */
  software: boolean;
}

/** Asked once a context: a lost context that comes back is another. */
const known = new WeakMap<WebGLRenderingContext, Device>();
let pretended: Device | null = null;

export function deviceOf(backend: MathBackendWebGL): Device {
  if (pretended) return pretended;
  const {gl} = backend.gpgpu;
  let device = known.get(gl);
  if (!device) {
    const renderer = rendererOf(gl);
    device = {renderer, software: isSoftware(renderer)};
    known.set(gl, device);
  }
  return device;
}

/** Why nothing can be drawn any more; null if it can. */
export function lostContext({gpgpu}: MathBackendWebGL): string | null {
  return gpgpu.gl.isContextLost() ? 'its WebGL context is lost' : null;
}

/** For tests and benchmarks: until called with null, every context counts as that device. */
export function pretendDevice(device: Device | null): void {
  pretended = device;
}

export function rendererOf(gl: WebGLRenderingContext): string {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}
