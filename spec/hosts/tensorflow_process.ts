/**
 * The program of the process that `tensorflow.ts` starts: tfjs-node, and functions that are called by message. A
 * native addon sees other typed arrays than a jest test does, which runs in a realm of its own.
 */
import {createRequire} from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import {lastRun, notePlainTypeScript} from '../../backends/wasm/run';
import * as family from '../../node';
import {runCase} from '../fuzz/run';
import type {ModelFunctions} from '../models/functions';
import {type Call, type LabelledCall, type Outcome, runCall} from './call';
import {TFJS_NODE} from './tfjs_node';

/** What is used of tfjs-node's backend beyond the public interface. */
interface NodeInternals {
  binding: {getNumOfTensors(): number; executeOp(op: string, ...rest: unknown[]): unknown};
  getInputTensorIds(tensors: {dataId: object}[]): number[];
  write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object;
}

interface Ran extends Outcome {
  /** The names of TensorFlow's ops, in order. */
  nativeOps: string[];
  /** The last kernel on the memory that typed arrays are copied to; null where there was none. */
  stagedKernel: string | null;
}

export interface InstallOutcome {
  routed: string[];
  stock: Float32Array;
  ours: Float32Array;
  installed: Float32Array;
  uninstalled: Float32Array;
}

/** Held by TensorFlow from the start, as the results of native ops are, instead of in JavaScript until first used. */
export type Held = 'in JavaScript' | 'by TensorFlow';

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
    notePlainTypeScript();
    const {outcome, nativeOps} = await recordNativeOps(() => runCall(call));
    const left = binding.getNumOfTensors() - before;
    if (left !== 0) throw new Error(`${left} native tensors are left behind`);
    return {...outcome, nativeOps, stagedKernel: lastRun()?.kernel ?? null};
  },

  fuzz: runCase,

  /** tf.softmax of the logits before install(), after it, and after uninstall(), beside softmax of this package. */
  async install(logits: Float32Array): Promise<InstallOutcome> {
    const x = tf.tensor1d(logits);
    const values = (f: (x: tf.Tensor1D) => tf.Tensor) => tf.tidy(() => f(x).dataSync<'float32'>());
    const ours = values((t) => family.softmax(t));
    const stock = values(tf.softmax);
    const {routed} = family.install();
    const installed = values(tf.softmax);
    family.uninstall();
    return {routed, ours, stock, installed, uninstalled: values(tf.softmax)};
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

/** The names of TensorFlow's ops that run meanwhile, in order. */
async function recordNativeOps<T>(action: () => Promise<T>): Promise<{outcome: T; nativeOps: string[]}> {
  const backend = nodeBackend();
  const {binding} = backend;
  const nativeOps: string[] = [];
  backend.binding = Object.create(binding, {
    executeOp: {
      value(op: string, ...rest: unknown[]) {
        nativeOps.push(op);
        return binding.executeOp(op, ...rest);
      },
    },
  });
  try {
    return {outcome: await action(), nativeOps};
  } finally {
    backend.binding = binding;
  }
}

function handOverOnWrite(backend: NodeInternals): void {
  const {write} = backend;
  backend.write = (values, shape, dtype) => {
    const dataId = write.call(backend, values, shape, dtype);
    backend.getInputTensorIds([{dataId}]);
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
