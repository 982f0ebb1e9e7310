import * as tf from '@tensorflow/tfjs-core';

/** Milliseconds spent in softmax. */
export interface SoftmaxTime {
  forward: number;
  backward: number;
}

/**
 * Times what `tf.softmax` and its gradient take until `stop()`, stock or routed to this package. Only for backends that
 * have finished when they return, such as cpu.
 */
export function timeSoftmax(): {time: SoftmaxTime; stop: () => void} {
  const time: SoftmaxTime = {forward: 0, backward: 0};
  const engine = tf.engine();
  const {runKernel} = engine;
  const wasOwn = Object.hasOwn(engine, 'runKernel');
  engine.runKernel = function (this: typeof engine, name, ...rest) {
    if (name !== 'Softmax') return runKernel.call(this, name, ...rest) as never;
    return timed(time, 'forward', () => runKernel.call(this, name, ...rest)) as never;
  };
  const gradients = ['Softmax', 'softmax'].map((name) => tf.getGradient(name));
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
    if (wasOwn) engine.runKernel = runKernel;
    else delete (engine as Partial<typeof engine>).runKernel;
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
