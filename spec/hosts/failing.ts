import * as tf from '@tensorflow/tfjs-core';
import {isOfFamily} from '../../kernels/names';
import {replaceMethod} from '../../tfjs/engine';

export interface Failed<T> {
  /** What was asked for, in order, up to what failed. */
  asked: string[];
  /** What failed, or null if nothing was asked for so often. */
  failure: string | null;
  /** Whether that was in a kernel of tfjs's own, which may leave data behind. */
  inStockKernel: boolean;
  /** Whether a method of tfjs's backend had asked for it, which may leave what it had begun. */
  insideBackend: boolean;
  /** Whether the host drops what was asked for and says so later, if at all: nobody can tell then whether the result is right. */
  isDropped: boolean;
  /** Gives the result, or throws what the action threw. */
  result: () => T;
}

/**
 * Runs an action in which the nth thing that is asked for, from 0, cannot be had. What is asked for is not listed by hand: it is
 * every array, every memory, module, instance and thread, every method of tfjs's backend that makes or places a tensor, and
 * every method of what the backend runs on, a WebGL context, a GPU's device or a native addon, that makes something.
 */
export function failNth<T>(nth: number, action: () => T): Failed<T> {
  let failure: string | null = null;
  let inStockKernel = false;
  let insideBackend = false;
  const asked: string[] = [];
  const kernels: string[] = [];
  const isRefused = (what: string) => {
    asked.push(what);
    if (asked.length - 1 !== nth) return false;
    failure = what;
    insideBackend = running.length > 0;
    const kernel = kernels.at(-1);
    inStockKernel = kernel !== undefined && !isOfFamily(kernel) && !kernel.startsWith('Differentiable');
    return true;
  };
  running.length = 0;
  // Where tfjs itself writes to what it gets, at address 0, its heap is ruined.
  const isInOurs = () => isOfFamily(kernels.at(-1) ?? 'None') && running[0] === 'backend.makeOutput';
  const restore = [watchKernels(kernels), ...watchHost(isRefused), ...watchBackend(isRefused, isInOurs)];
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
  }
  return {asked, failure, inStockKernel, insideBackend, isDropped: failure === SUBMIT, result};
}

/** The methods of tfjs's backend that are running, the innermost last. */
const running: string[] = [];

/** Whether what is asked for is to fail. */
type IsRefused = (what: string) => boolean;
type Restore = () => void;
// biome-ignore lint/suspicious/noExplicitAny: the host's functions are called as they were
type AnyFunction = (...args: any[]) => unknown;

interface EngineInside {
  runKernelFunc(call: {kernelName?: string}): unknown;
}

/** Keeps the names of the kernels that are running, the innermost last. */
function watchKernels(kernels: string[]): Restore {
  const engine = tf.engine() as unknown as EngineInside;
  const {runKernelFunc} = engine;
  return replaceMethod(engine, 'runKernelFunc', function (this: EngineInside, call) {
    if (call.kernelName === undefined) return runKernelFunc.call(this, call);
    kernels.push(call.kernelName);
    try {
      return runKernelFunc.call(this, call);
    } finally {
      kernels.pop();
    }
  });
}

const ARRAYS = [
  'Float32Array',
  'Int32Array',
  'Uint8Array',
  'Float64Array',
  'ArrayBuffer',
  'SharedArrayBuffer',
] as const;
const OF_WEBASSEMBLY = ['Memory', 'Module', 'Instance'] as const;

function watchHost(isRefused: IsRefused): Restore[] {
  const restore: Restore[] = [];
  const watchConstructor = (holder: object, name: string, label: string, asks = (_: unknown[]) => true) => {
    const constructors = holder as Record<string, new (...args: unknown[]) => object>;
    const original = constructors[name];
    if (original === undefined) return;
    constructors[name] = new Proxy(original, {
      construct(target, args) {
        if (asks(args) && isRefused(label)) throw new RangeError(`out of memory: ${label} was made to fail`);
        return new target(...args);
      },
    });
    restore.push(() => {
      constructors[name] = original;
    });
  };
  // A view of what is there asks for no memory.
  for (const name of ARRAYS) watchConstructor(globalThis, name, name, ([first]) => !isBuffer(first));
  if (typeof WebAssembly === 'undefined') return restore;
  for (const name of OF_WEBASSEMBLY) watchConstructor(WebAssembly, name, `WebAssembly.${name}`);
  restore.push(watchMethod(WebAssembly.Memory.prototype, 'grow', 'memory.grow', isRefused, OUT_OF_MEMORY));
  const worker = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  if (worker) watchConstructor(worker, 'Worker', 'Worker');
  return restore;
}

function isBuffer(value: unknown): boolean {
  return ['[object ArrayBuffer]', '[object SharedArrayBuffer]', '[object WebAssembly.Memory]'].includes(
    Object.prototype.toString.call(value),
  );
}

const OUT_OF_MEMORY: AnyFunction = () => {
  throw new RangeError('out of memory');
};

/** What makes, places or uploads a tensor in tfjs's backends. */
const OF_BACKENDS = /^(make|write|upload|runWeb|acquire|readSync)/;
/** What makes something in a WebGL context or a GPU's device. */
const MAKES = /^create/;
/** A GPU's queue throws nothing: it drops what is not valid, or what it has no memory for. */
const SUBMIT = 'queue.submit';
/** What a native addon does but give back. */
const NATIVE = /^(create|execute|tensorData)/;

/** What tfjs's backends run on. */
interface Inside {
  wasm?: {_malloc(bytes: number): number};
  gpgpu?: {gl: WebGL2RenderingContext};
  device?: GPUDevice;
  binding?: object;
}

function watchBackend(isRefused: IsRefused, isInOurs: () => boolean): Restore[] {
  const backend = tf.backend() as unknown as Inside;
  const {wasm, gpgpu, device, binding} = backend;
  const restore: Restore[] = [];
  const watchAll = (holder: object, label: string, names: RegExp, fail: AnyFunction) => {
    for (const name of methodsOf(holder, names))
      restore.push(watchMethod(holder, name, `${label}.${name}`, isRefused, fail));
  };
  const refuse = () => {
    throw new Error('made to fail');
  };
  watchAll(backend, 'backend', OF_BACKENDS, refuse);
  // tfjs's own kernels write on, at address 0.
  if (wasm)
    restore.push(
      watchMethod(
        wasm,
        '_malloc',
        'malloc',
        (what) => isInOurs() && isRefused(what),
        () => 0,
      ),
    );
  if (gpgpu) {
    // WebGL throws nothing: it gives null, or says later that something has failed.
    watchAll(gpgpu.gl, 'gl', MAKES, () => null);
    watchAll(gpgpu.gl, 'gl', /^get(Shader|Program)Parameter$/, () => false);
    watchAll(gpgpu.gl, 'gl', /^checkFramebufferStatus$/, () => 0);
  }
  if (device) {
    watchAll(device, 'device', MAKES, refuse);
    watchAll(device.queue, 'queue', /^write/, refuse);
    restore.push(watchMethod(device.queue, 'submit', SUBMIT, isRefused, () => {}));
  }
  if (binding) {
    // Its properties cannot be replaced, so another stands in for it.
    const standIn = Object.create(binding) as object;
    for (const name of methodsOf(binding, NATIVE)) {
      const method = (binding as Record<string, AnyFunction>)[name]!;
      const value = (...args: unknown[]) => (isRefused(`binding.${name}`) ? refuse() : method.apply(binding, args));
      Object.defineProperty(standIn, name, {value});
    }
    backend.binding = standIn;
    restore.push(() => {
      backend.binding = binding;
    });
  }
  return restore;
}

function methodsOf(holder: object, names: RegExp): string[] {
  const found = new Set<string>();
  for (
    let object: object | null = holder;
    object && object !== Object.prototype;
    object = Object.getPrototypeOf(object)
  ) {
    for (const name of Object.getOwnPropertyNames(object)) {
      if (names.test(name) && typeof (holder as Record<string, unknown>)[name] === 'function') found.add(name);
    }
  }
  return [...found];
}

function watchMethod(holder: object, name: string, label: string, isRefused: IsRefused, fail: AnyFunction): Restore {
  const methods = holder as Record<string, AnyFunction>;
  const own = Object.getOwnPropertyDescriptor(holder, name);
  const method = methods[name]!;
  const watched = function (this: unknown, ...args: unknown[]) {
    if (isRefused(label)) return fail(...args);
    const isOfBackend = label.startsWith('backend.');
    if (isOfBackend) running.push(label);
    try {
      return method.apply(this, args);
    } finally {
      if (isOfBackend) running.pop();
    }
  };
  Object.defineProperty(holder, name, {value: watched, configurable: true, writable: true});
  return () => {
    if (own) Object.defineProperty(holder, name, own);
    else delete methods[name];
  };
}
