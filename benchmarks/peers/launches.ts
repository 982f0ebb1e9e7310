import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';

const draws = new WeakMap<object, {count: number}>();

/** A function that tells how many draw calls the context has had since it was first asked for. */
export function countDraws({gpgpu: {gl}}: Pick<MathBackendWebGL, 'gpgpu'>): () => number {
  let seen = draws.get(gl);
  if (!seen) {
    const counted = {count: 0};
    const {drawElements} = gl;
    gl.drawElements = (...args) => {
      counted.count++;
      drawElements.apply(gl, args);
    };
    draws.set(gl, counted);
    seen = counted;
  }
  const of = seen;
  return () => of.count;
}

let dispatches: {count: number} | undefined;

/** The same for WebGPU's dispatches, of all devices. */
export function countDispatches(): () => number {
  if (!dispatches) {
    const counted = {count: 0};
    const {prototype} = globalThis.GPUComputePassEncoder;
    const {dispatchWorkgroups} = prototype;
    prototype.dispatchWorkgroups = function (...sizes) {
      counted.count++;
      return dispatchWorkgroups.apply(this, sizes);
    };
    dispatches = counted;
  }
  const of = dispatches;
  return () => of.count;
}
