import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';

const counts = new WeakMap<object, {draws: number}>();

/** A function that tells how many draw calls the context has had since it was first asked for. */
export function countDraws({gpgpu: {gl}}: Pick<MathBackendWebGL, 'gpgpu'>): () => number {
  let count = counts.get(gl);
  if (!count) {
    const counted = {draws: 0};
    const {drawElements} = gl;
    gl.drawElements = (...args) => {
      counted.draws++;
      drawElements.apply(gl, args);
    };
    counts.set(gl, counted);
    count = counted;
  }
  const {draws} = count;
  const seen = count;
  return () => seen.draws - draws;
}
