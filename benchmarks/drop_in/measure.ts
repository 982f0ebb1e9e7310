/** Times the calls of `tf.softmax` within a program, and the whole steps of the program. */
import * as tf from '@tensorflow/tfjs-core';
import type {Program} from './programs';

/** Microseconds of each call of softmax, of each backward call, and of each step; on a GPU a step ends when its result is read. */
export interface Times {
  forward: number[];
  backward: number[];
  whole: number[];
}

/** Of the same program run stock and installed in turns. */
export type InTurn = Record<'stock' | 'installed', Times>;

/** Until the time is over it takes all steps, and at least so many after the early ones. */
const LIMIT_MS = 3000;
const LEAST_LATER = 100;

/** Runs a program to its end, stock or installed as it is then. */
export function measure(program: Program, onGpu: boolean): Promise<Times> {
  const {early, all} = program.steps;
  return timed(program.make(), early + LEAST_LATER, all, onGpu);
}

/** Runs a program with softmax stock and installed in turns of 50 steps, so that both meet the same noise. */
export async function measureInTurn(program: Program, onGpu: boolean, ways: Record<keyof InTurn, () => void>) {
  const step = program.make();
  const times: InTurn = {
    stock: {forward: [], backward: [], whole: []},
    installed: {forward: [], backward: [], whole: []},
  };
  const {early, all} = program.steps;
  const end = performance.now() + 2 * LIMIT_MS;
  for (let done = 0; done < all && (done < early + LEAST_LATER || performance.now() < end); done += 50) {
    for (const way of ['stock', 'installed'] as const) {
      ways[way]();
      const {forward, backward, whole} = await timed(step, 50, 50, onGpu);
      times[way].forward.push(...forward);
      times[way].backward.push(...backward);
      times[way].whole.push(...whole);
    }
  }
  return times;
}

/** Takes steps; tfjs's engine is spied on from the outside meanwhile. */
async function timed(step: () => unknown, least: number, most: number, reads: boolean): Promise<Times> {
  const times: Times = {forward: [], backward: [], whole: []};
  const engine = tf.engine();
  const inner = engine.runKernel;
  engine.runKernel = function (this: typeof engine, kernelName, inputs, attrs) {
    if (kernelName !== 'Softmax') return inner.call(this, kernelName, inputs, attrs) as never;
    const start = performance.now();
    const result = inner.call(this, kernelName, inputs, attrs);
    times.forward.push(since(start));
    return result as never;
  };
  const gradients = ['Softmax', 'softmax'].flatMap((name) => timeGradient(name, times.backward));
  try {
    const end = performance.now() + LIMIT_MS;
    for (let i = 0; i < most && (i < least || performance.now() < end); i++) {
      const start = performance.now();
      const result = await step();
      if (result instanceof tf.Tensor) {
        if (reads) await result.data();
        result.dispose();
      }
      times.whole.push(since(start));
    }
  } finally {
    engine.runKernel = inner;
    for (const restore of gradients) restore();
  }
  return times;
}

/** Microseconds, with two digits behind the point. */
const since = (start: number) => Math.round(1e5 * (performance.now() - start)) / 100;

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
      times.push(since(start));
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
