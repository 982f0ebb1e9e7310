/**
 * The program of the process that `tensorflow.ts` starts: tfjs-node, and functions that are called by message. A
 * native addon sees other typed arrays than a jest test does, which runs in a realm of its own.
 */
import {createRequire} from 'node:module';
import os from 'node:os';
import {createContext, runInContext} from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import {type SelfCheck, selfCheck} from '../../backends/dispatcher/self_check';
import type {KernelName} from '../../backends/engines/wasm/plan';
import {resetSharedStaging} from '../../backends/engines/wasm/shared_staging';
import {resetStaging} from '../../backends/engines/wasm/staging';
import {Threads} from '../../backends/engines/wasm/threads';
import * as family from '../../node';
import {runCase} from '../fuzz/run';
import type {ModelFunctions} from '../models/functions';
import {type Call, type LabelledCall, type Outcome, runCall} from './call';
import {failureTable} from './failure_table';
import {plantInThread} from './planted_threads';
import {TFJS_NODE} from './tfjs_node';
import {kernelsRun} from './wasm_kernels';

/** What is used of tfjs-node's backend beyond the public interface. */
interface NodeInternals {
  binding: Binding;
  tensorMap: {get(dataId: object): {values: tf.BackendValues | null}};
  getInputTensorIds(tensors: {dataId: object}[]): number[];
  numDataIds(): number;
  disposeData(dataId: object): boolean;
  write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object;
}

interface Binding {
  TF_ATTR_TYPE: number;
  getNumOfTensors(): number;
  deleteTensor(id: number): void;
  executeOp(op: string, ...rest: unknown[]): NativeResult[];
  createTensor(shape: number[], dtype: number, values: tf.TypedArray): number;
  tensorDataSync(id: number): tf.TypedArray;
}

interface NativeResult {
  id: number;
  dtype: number;
}

interface Ran extends Outcome {
  /** The names of TensorFlow's ops, in order. */
  nativeOps: string[];
  /** The last kernel on a memory that typed arrays are copied to; null where there was none. */
  stagedKernel: string | null;
  /** Whether that was by the threads that share large tensors. */
  onThreads: boolean;
}

interface Failure {
  shape: number[];
  logits: Float32Array;
  op: string;
  nth: number;
  product?: boolean;
}

export interface InstallOutcome {
  routed: string[];
  notRouted: {name: string; reason: string}[];
  stock: Float32Array;
  ours: Float32Array;
  installed: Float32Array;
  uninstalled: Float32Array;
}

/** A gradient of tf.softmax or tf.logSoftmax along the last axis. */
/** A call of one of tfjs's ops after install(). */
export interface InstalledCall {
  op: 'softmax' | 'logSoftmax' | 'logSumExp' | 'crossEntropy';
  shape: number[];
  logits: Float32Array;
  /** Of logSumExp; else the last. */
  axes?: number[];
  /** Of the shape of the result. */
  cotangents: Float32Array;
  /** A direction for the second derivative. */
  direction: Float32Array;
  /** Of the shape of the logits. */
  labels?: Float32Array;
}

export interface InstalledResults {
  value: Float32Array;
  gradient: Float32Array;
  /** The derivative of the gradient in the direction. */
  second: Float32Array;
  ofLabels: Float32Array | null;
  /** Which of TensorFlow's ops ran for the value, and for the gradient. */
  opsOfValue: string[];
  opsOfGradient: string[];
  /** What is left: tensors of TensorFlow, tensors of tfjs, and what tfjs holds data of. */
  left: number[];
}

/** Held by TensorFlow from the start, as the results of native ops are, instead of in JavaScript until first used. */
export type Held = 'in JavaScript' | 'by TensorFlow';

/** On a machine with fewer cores large tensors would not go to threads. */
os.availableParallelism = () => 4;

/** The kernel of the last plan that threads executed. */
let onThreads: string | null = null;
const {run, helpersFor} = Threads.prototype;
/** Large tensors go to them also where no other thread is there yet. */
Threads.prototype.helpersFor = function (ns) {
  return {...helpersFor.call(this, ns), wake: this.count};
};
Threads.prototype.run = function (plan, ...addresses) {
  onThreads = plan.kernel;
  return run.call(this, plan, ...addresses);
};

const functions = {
  async start(held: Held): Promise<string> {
    createRequire(TFJS_NODE)(TFJS_NODE);
    await tf.setBackend('tensorflow');
    tf.env().set('IS_TEST', true);
    if (held === 'by TensorFlow') handOverOnWrite(nodeBackend());
    const {backends} = await family.backendReport({start: false});
    return backends.find(({name}) => name === 'tensorflow')!.runs!;
  },

  async call(call: Call | LabelledCall): Promise<Ran> {
    const {binding} = nodeBackend();
    const before = binding.getNumOfTensors();
    kernelsRun();
    onThreads = null;
    const {outcome, nativeOps} = await recordNativeOps(() => runCall(call));
    const left = binding.getNumOfTensors() - before;
    if (left !== 0) throw new Error(`${left} native tensors are left behind`);
    const stagedKernel = onThreads ?? kernelsRun().at(-1) ?? null;
    return {...outcome, nativeOps, stagedKernel, onThreads: onThreads !== null};
  },

  /** What softmax, again and again, makes of memory: where results are held, and how many bytes of arrays are left. */
  memory({shape, times, gradient}: {shape: number[]; times: number; gradient: boolean}) {
    const logits = tf.randomNormal(shape, 0, 3, 'float32', 1);
    const expected = logits.dataSync<'float32'>().slice();
    const vector = logits.clone();
    const slope = tf.grad((x: tf.Tensor) => family.softmax(x));
    const compute = () => (gradient ? slope(logits, vector) : family.softmax(logits));
    const isNative = (tensor: tf.Tensor) => nodeBackend().tensorMap.get(tensor.dataId).values == null;
    const first = compute();
    const resultIsNative = isNative(first);
    first.dispose();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < times; i++) compute().dispose();
    const bytesLeft = process.memoryUsage().arrayBuffers - before;
    const inputIsUnchanged = logits.dataSync<'float32'>().every((value, i) => value === expected[i]);
    tf.dispose([logits, vector]);
    return {resultIsNative, bytesLeft, inputIsUnchanged};
  },

  /** Softmax or logSumExp of each of these, all of them computed before any is read. */
  severalResults({op, shape, logits}: {op: 'softmax' | 'logSumExp'; shape: number[]; logits: Float32Array[]}) {
    const {softmax, logSumExp} = family;
    const compute = op === 'softmax' ? softmax : logSumExp;
    const results = logits.map((values) => tf.tidy<tf.Tensor>(() => compute(tf.tensor(values, shape))));
    return results.map((y) => {
      const values = y.dataSync<'float32'>();
      y.dispose();
      return values;
    });
  },

  /** From now on TensorFlow takes any array as the memory of a tensor, as far as reading can tell. */
  takeArraysAsTheyAre(): void {
    const arrays = new Map<number, tf.TypedArray>();
    replaceInBinding((binding) => ({
      createTensor(shape, dtype, values) {
        const id = binding.createTensor(shape, dtype, values);
        arrays.set(id, values);
        return id;
      },
      tensorDataSync: (id) => arrays.get(id)?.slice() ?? binding.tensorDataSync(id),
    }));
  },

  /** Softmax of a float32 tensor made from an array of doubles, which tfjs lets pass. */
  ofDoubles({shape, logits}: {shape: number[]; logits: Float64Array}): Float32Array {
    return tf.tidy(() =>
      family.softmax(tf.engine().makeTensor(logits as never, shape, 'float32')).dataSync<'float32'>(),
    );
  },

  /**
   * Softmax, or its product, with the nth run of a native op failing, or of createTensor, and what that leaves behind;
   * then softmax once more, in peace.
   */
  failing({shape, logits, op, nth, product}: Failure) {
    const x = tf.tensor(logits, shape);
    const before = counts();
    let message: string | null = null;
    let runs = 0;
    const fail = (name: string) => {
      if (name === op && ++runs === nth) throw new Error(`no more ${op}`);
    };
    const compute = () => (product ? family.softmaxVjp(x, x) : family.softmax(x)).dispose();
    const stop = [
      watchNativeOps(fail),
      replaceInBinding((binding) => ({
        createTensor(...values) {
          fail('createTensor');
          return binding.createTensor(...values);
        },
      })),
    ];
    try {
      compute();
    } catch (error) {
      message = (error as Error).message;
    } finally {
      for (const each of stop.reverse()) each();
    }
    const left = counts().map((count, i) => count - before[i]!);
    const y = family.softmax(x);
    const values = y.dataSync<'float32'>();
    tf.dispose([x, y]);
    return {message: message as string | null, left, values};
  },

  /** Masked softmax of a tensor that tfjs's cpu backend holds, as the mask is. */
  async fromAnotherBackend({shape, logits}: {shape: number[]; logits: Float32Array}): Promise<Float32Array> {
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    const [x, mask] = [tf.tensor(logits, shape), tf.ones(shape, 'bool')];
    await tf.setBackend('tensorflow');
    const y = family.softmax(x, -1, {mask});
    const values = y.dataSync<'float32'>();
    tf.dispose([x, mask, y]);
    return values;
  },

  /** As in a jest environment or a node:vm context without this global. */
  without(name: 'MessageChannel' | 'Buffer'): void {
    Object.assign(globalThis, {[name]: undefined});
  },

  /** Cuts softmax off, again and again, where no `finally` runs. How many elements of the next softmax were wrong, and cuts. */
  interrupted({shape, times}: {shape: number[]; times: number}): {wrong: number; cuts: number} {
    const x = tf.randomNormal(shape, 0, 3, 'float32', 1);
    const values = () => family.softmax(x).dataSync<'float32'>();
    const expected = values();
    const context = createContext({work: () => family.softmax(x).dispose()});
    let [wrong, cuts] = [0, 0];
    for (let i = 0; i < times; i++) {
      try {
        runInContext('for (;;) work()', context, {timeout: 3 + (i % 20)});
      } catch {
        cuts++;
      }
      wrong += values().filter((value, j) => value !== expected[j]).length;
    }
    return {wrong, cuts};
  },

  fuzz: runCase,

  /** Everything that the ops ask for is made to fail once, or of each op so many at most. */
  failures: (most?: number) =>
    failureTable(
      () => {
        resetStaging();
        resetSharedStaging();
      },
      {most},
    ),

  /** What the self-check does not find of faults planted in each kernel on arrays, and what it says of some in threads. */
  async planted(): Promise<{planted: number; missed: string[]; threads: (string | null)[]}> {
    const {kernelsThatRan, plant} = await import('./planted_kernels');
    family.setThreads(1);
    resetStaging(); // for the kernels that are planted
    await selfCheck('tensorflow');
    const {ran} = kernelsThatRan();
    const missed: string[] = [];
    for (const kernel of ran as KernelName[]) {
      plant({kernel, fault: 'nothing'});
      if ((await selfCheck('tensorflow')).problem === null) missed.push(kernel);
    }
    plant(null);
    // Thread 0 is this one, which has no fault.
    const threads: (string | null)[] = [];
    for (const [id, count] of [
      [0, 2],
      [1, 3],
      [3, 4],
    ] as const) {
      const restore = plantInThread(id, 'nothing');
      resetSharedStaging();
      family.setThreads(count);
      let check: SelfCheck;
      do check = await selfCheck('tensorflow');
      while (check.left > 0 && check.problem === null); // a thread may be late
      threads.push(check.problem);
      restore();
    }
    family.setThreads(null);
    return {planted: ran.length, missed, threads};
  },

  /** tf.softmax of the logits before install(), after it, and after uninstall(), beside softmax of this package. */
  async install(logits: Float32Array): Promise<InstallOutcome> {
    const x = tf.tensor1d(logits);
    const values = (f: (x: tf.Tensor1D) => tf.Tensor) => tf.tidy(() => f(x).dataSync<'float32'>());
    const ours = values((t) => family.softmax(t));
    const stock = values(tf.softmax);
    const {routed, notRouted} = family.install();
    const installed = values(tf.softmax);
    family.uninstall();
    return {routed, notRouted, ours, stock, installed, uninstalled: values(tf.softmax)};
  },

  /** One of tfjs's ops after install(), with its gradient and its second derivative. */
  async installed(call: InstalledCall): Promise<InstalledResults> {
    const {op, shape, logits, axes, cotangents, direction, labels} = call;
    family.install();
    const before = counts();
    const x = tf.tensor(logits, shape);
    const w = tf.tensor(direction, shape);
    const q = op === 'crossEntropy' && labels ? tf.tensor(labels, shape) : undefined;
    const f = (t: tf.Tensor, l = q!): tf.Tensor => {
      if (op === 'softmax') return tf.softmax(t);
      if (op === 'logSoftmax') return tf.logSoftmax(t);
      if (op === 'logSumExp') return tf.logSumExp(t, axes ?? -1);
      return tf.losses.softmaxCrossEntropy(l, t, undefined, 0, tf.Reduction.NONE);
    };
    const read = (action: () => tf.Tensor) =>
      recordNativeOps(async () => {
        const result = tf.tidy(action);
        const values = result.dataSync<'float32'>();
        result.dispose();
        return values;
      });
    const value = await read(() => f(x));
    const v = tf.tidy(() => tf.tensor(cotangents, f(x).shape));
    const gradient = await read(() => tf.grad((t: tf.Tensor) => f(t))(x, v));
    const second = await read(() => tf.grad((t) => tf.grad((u: tf.Tensor) => f(u))(t, v))(x, w));
    const ofLabels = q && (await read(() => tf.grad((l) => f(x, l))(q, v)));
    tf.dispose([x, w, v]);
    q?.dispose();
    family.uninstall();
    return {
      ...{
        value: value.outcome,
        gradient: gradient.outcome,
        second: second.outcome,
        ofLabels: ofLabels?.outcome ?? null,
      },
      ...{opsOfValue: value.nativeOps, opsOfGradient: gradient.nativeOps},
      left: counts().map((count, i) => count - before[i]!),
    };
  },

  /** One of the functions for models; layers and converter load only with the first. */
  async model({name, argument}: {name: keyof ModelFunctions; argument: unknown}): Promise<unknown> {
    const {modelFunctions} = await import('../models/functions');
    return modelFunctions[name](argument as never);
  },
};

export type Functions = typeof functions;

function nodeBackend(): NodeInternals {
  return tf.backend() as unknown as NodeInternals;
}

/** Tensors of TensorFlow, tensors of tfjs, and what tfjs holds data of. */
function counts(): number[] {
  const backend = nodeBackend();
  return [backend.binding.getNumOfTensors(), tf.memory().numTensors, backend.numDataIds()];
}

/** The names of TensorFlow's ops that run meanwhile, in order. */
async function recordNativeOps<T>(action: () => Promise<T>): Promise<{outcome: T; nativeOps: string[]}> {
  const nativeOps: string[] = [];
  const outcome = await beforeNativeOps((op) => nativeOps.push(op), action);
  return {outcome, nativeOps};
}

/** Calls `before` with the name of each of TensorFlow's ops that runs meanwhile. */
async function beforeNativeOps<T>(before: (op: string) => void, action: () => Promise<T>): Promise<T> {
  const stop = watchNativeOps(before);
  try {
    return await action();
  } finally {
    stop();
  }
}

/** The same until `stop()`, which it returns. */
function watchNativeOps(before: (op: string) => void): () => void {
  return wrapNativeOps((op, run) => {
    before(op);
    return run();
  });
}

/** Has another function run TensorFlow's ops, until `stop()`, which this returns. */
function wrapNativeOps(wrap: (op: string, run: () => NativeResult[]) => NativeResult[]): () => void {
  return replaceInBinding((binding) => ({
    executeOp: (op, ...rest) => wrap(op, () => binding.executeOp(op, ...rest)),
  }));
}

/** Has other functions stand in for some of the native addon's, until `stop()`, which this returns. */
function replaceInBinding(replacements: (binding: Binding) => Partial<Binding>): () => void {
  const backend = nodeBackend();
  const {binding} = backend;
  backend.binding = Object.create(binding, Object.getOwnPropertyDescriptors(replacements(binding)));
  return () => {
    backend.binding = binding;
  };
}

function handOverOnWrite(backend: NodeInternals): void {
  const {write} = backend;
  backend.write = (values, shape, dtype) => {
    const dataId = write.call(backend, values, shape, dtype);
    try {
      backend.getInputTensorIds([{dataId}]);
    } catch (error) {
      backend.disposeData(dataId);
      throw error;
    }
    return dataId;
  };
}

process.on('disconnect', () => process.exit());
process.on('message', async ({name, argument}: {name: keyof Functions; argument: never}) => {
  try {
    process.send!({result: await functions[name](argument)});
  } catch (error) {
    process.send!({error: (error as Error).stack});
  }
});
