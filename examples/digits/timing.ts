import * as tf from '@tensorflow/tfjs-core';

/** Stock's kernel and ours. */
const NAMES = ['Softmax', 'softmax'];

/** Milliseconds spent in softmax. */
export interface SoftmaxTime {
  forward: number;
  backward: number;
}

/**
 * Times what `tf.softmax` and its gradient take until `stop()`, stock or routed to this package. To be started before install():
 * what that routes comes by here too. Only for backends that have finished when they return, such as cpu.
 */
export function timeSoftmax(): {time: SoftmaxTime; stop: () => void} {
  const time: SoftmaxTime = {forward: 0, backward: 0};
  const engine = tf.engine();
  const {runKernel} = engine;
  engine.runKernel = function (this: typeof engine, name, ...rest) {
    if (!NAMES.includes(name)) return runKernel.call(this, name, ...rest) as never;
    return timed(time, 'forward', () => runKernel.call(this, name, ...rest)) as never;
  };
  const gradients = NAMES.map((name) => tf.getGradient(name));
  for (const config of gradients) {
    tf.registerGradient({
      ...config,
      gradFunc: (...args) => {
        const thunks = Object.entries(config.gradFunc(...args));
        return Object.fromEntries(thunks.map(([key, thunk]) => [key, () => timed(time, 'backward', thunk)]));
      },
    });
  }
  const stop = () => {
    engine.runKernel = runKernel;
    for (const config of gradients) tf.registerGradient(config);
  };
  return {time, stop};
}

function timed<T>(time: SoftmaxTime, pass: keyof SoftmaxTime, action: () => T): T {
  const start = performance.now();
  const result = action();
  time[pass] += performance.now() - start;
  return result;
}
