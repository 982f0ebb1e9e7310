import * as tf from '@tensorflow/tfjs-core';

/** Methods of tfjs's backends by which tensors are made and found. */
const METHODS = ['makeOutput', 'makeTensorInfo', 'write', 'getMemoryOffset', 'uploadToGPU', 'runWebGLProgram'] as const;

export interface Failed<T> {
  /** What failed, or null if nothing was asked for so often. */
  failure: string | null;
  /** Whether that was in a kernel of tfjs's own, which may leave data behind. */
  inStockKernel: boolean;
  /** Gives the result, or throws what the action threw. */
  result: () => T;
}

/**
 * Runs an action in which the nth thing that is asked for, from 0, cannot be had: an array, a memory or its growth, a module,
 * a tensor of the active backend.
 */
export function failNth<T>(nth: number, action: () => T): Failed<T> {
  let count = 0;
  let failure: string | null = null;
  let inStockKernel = false;
  const ask = (what: string, error: (message: string) => Error) => {
    if (count++ !== nth) return;
    failure = what;
    const thrown = error(`${what} was made to fail`);
    inStockKernel = isInStockKernel(thrown);
    throw thrown;
  };
  const restore = [...watchHost(ask), ...watchBackend(ask)];
  const {stackTraceLimit} = Error;
  Error.stackTraceLimit = 50;
  let result: () => T;
  try {
    const value = action();
    result = () => value;
  } catch (error) {
    result = () => {
      throw error;
    };
  } finally {
    for (const each of restore.reverse()) each();
    Error.stackTraceLimit = stackTraceLimit;
  }
  return {failure, inStockKernel, result};
}

/** By the innermost function that tfjs calls as a kernel. */
function isInStockKernel({stack = ''}: Error): boolean {
  const kernel = stack.split('\n').find((frame) => frame.includes('kernelFunc'));
  return kernel?.includes('@tensorflow') ?? false;
}

function isBuffer(value: unknown): boolean {
  return ['[object ArrayBuffer]', '[object SharedArrayBuffer]', '[object WebAssembly.Memory]'].includes(
    Object.prototype.toString.call(value),
  );
}

type Ask = (what: string, error: (message: string) => Error) => void;

function watchHost(ask: Ask): (() => void)[] {
  const outOfMemory = (message: string) => new RangeError(`Array buffer allocation failed: ${message}`);
  const restore: (() => void)[] = [];
  for (const name of ['Float32Array', 'ArrayBuffer'] as const) {
    const original = globalThis[name] as unknown as new (...args: unknown[]) => object;
    const watched = new Proxy(original, {
      construct(target, args) {
        // A view of what is there asks for no memory.
        if (!isBuffer(args[0])) ask(name, outOfMemory);
        return new target(...args);
      },
    });
    Object.assign(globalThis, {[name]: watched});
    restore.push(() => Object.assign(globalThis, {[name]: original}));
  }
  if (typeof WebAssembly !== 'undefined') {
    const {prototype} = WebAssembly.Memory;
    const {grow} = prototype;
    prototype.grow = function (pages) {
      ask('memory.grow', (message) => new RangeError(message));
      return grow.call(this, pages);
    };
    restore.push(() => Object.assign(prototype, {grow}));
  }
  return restore;
}

function watchBackend(ask: Ask): (() => void)[] {
  const backend = tf.backend() as unknown as Record<string, unknown>;
  return METHODS.flatMap((name) => {
    const method = backend[name];
    if (typeof method !== 'function') return [];
    const wasOwn = Object.hasOwn(backend, name);
    backend[name] = function (this: unknown, ...args: unknown[]) {
      ask(name, (message) => new Error(message));
      return method.apply(this, args);
    };
    return [
      () => {
        if (wasOwn) backend[name] = method;
        else delete backend[name];
      },
    ];
  });
}
