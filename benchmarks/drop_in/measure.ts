/** Times the calls of `tf.softmax` within a program, and the whole steps of the program. */
import * as tf from '@tensorflow/tfjs-core';
import type {Program} from './programs';

/** Microseconds; of a program that was started anew. */
export interface Figures {
  /** The first call of softmax in the process: compiling is part of it. */
  first: number;
  /** The mean of the first 50 calls but the first. */
  first50: number;
  /** The mean of all early calls but the first. */
  early: number;
  /** Later calls: the median of means of 50 calls. */
  warm: number;
  /** The same of the backward calls; null where there are none. */
  backwardEarly: number | null;
  backwardWarm: number | null;
  /** The median of the whole step, warm. */
  step: number;
}

/** Runs a program to its end. tfjs's engine is spied on from the outside, as installed or not as it is then. */
export async function measure({steps, make}: Program): Promise<Figures> {
  const forward: number[] = [];
  const backward: number[] = [];
  const engine = tf.engine();
  const inner = engine.runKernel;
  engine.runKernel = function (this: typeof engine, kernelName, inputs, attrs) {
    if (kernelName !== 'Softmax') return inner.call(this, kernelName, inputs, attrs) as never;
    const start = performance.now();
    const result = inner.call(this, kernelName, inputs, attrs);
    forward.push(performance.now() - start);
    return result as never;
  };
  const gradients = ['Softmax', 'softmax'].flatMap((name) => timeGradient(name, backward));
  const whole: number[] = [];
  try {
    const step = make();
    for (let i = 0; i < steps.all; i++) {
      const start = performance.now();
      await step();
      whole.push(performance.now() - start);
    }
  } finally {
    engine.runKernel = inner;
    for (const restore of gradients) restore();
  }
  const early = forward.slice(1, steps.early);
  const earlyBackward = backward.slice(1, steps.early);
  return {
    first: 1000 * forward[0]!,
    first50: 1000 * mean(forward.slice(1, 50)),
    early: 1000 * mean(early),
    warm: 1000 * warm(forward.slice(steps.early)),
    backwardEarly: backward.length > 0 ? 1000 * mean(earlyBackward) : null,
    backwardWarm: backward.length > 0 ? 1000 * warm(backward.slice(steps.early)) : null,
    step: 1000 * median(whole.slice(steps.early)),
  };
}

/** Times what a registered gradient does; returns what takes the spy away. */
function timeGradient(kernelName: string, times: number[]): (() => void)[] {
  const config = tf.getGradient(kernelName);
  if (!config) return [];
  const {gradFunc} = config;
  config.gradFunc = (dy, saved, attrs) => {
    const slopes = gradFunc(dy, saved, attrs);
    const timed = () => {
      const start = performance.now();
      const result = slopes.logits!();
      times.push(performance.now() - start);
      return result;
    };
    return {...slopes, logits: timed};
  };
  return [
    () => {
      config.gradFunc = gradFunc;
    },
  ];
}

function mean(values: number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function warm(times: number[]): number {
  const means = Array.from({length: Math.floor(times.length / 50)}, (_, i) => mean(times.slice(50 * i, 50 * i + 50)));
  return median(means);
}
