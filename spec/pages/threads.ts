/** A page whose threads are tried: those of tfjs's memory, and some on a memory of their own where tfjs would not start. */
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {divisionFor} from '../../backends/engines/wasm/chunks';
import {kernelsOn} from '../../backends/engines/wasm/module';
import {launch, planForward} from '../../backends/engines/wasm/plan';
import {threadHost} from '../../backends/engines/wasm/thread_host';
import {Threads} from '../../backends/engines/wasm/threads';
import * as family from '../../index';
import {allAwake, compareThreads, threadsNow} from '../backends/wasm/thread_cases';
import {expose} from '../hosts/page';

const functions = {
  /** Starts the wasm backend as on a machine with so many cores. */
  async start({cores}: {cores: number}) {
    Object.defineProperty(navigator, 'hardwareConcurrency', {value: cores});
    if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend does not start');
    const {backends} = await family.backendReport({start: false});
    return {runs: backends.find(({name}) => name === 'wasm')!.runs, threads: family.getThreads()};
  },

  compare: compareThreads,

  /** The workers that this page has made, and what of them is left when the backend is removed. */
  async removed() {
    await allAwake();
    const threads = threadsNow()!;
    let stopped = 0;
    const {stop} = threads;
    threads.stop = () => {
      stopped++;
      stop.call(threads);
    };
    const factory = tf.findBackendFactory('wasm');
    tf.removeBackend('wasm');
    tf.registerBackend('wasm', factory, 2);
    await tf.setBackend('wasm');
    tf.tidy(() => family.softmax(tf.ones([4])));
    await allAwake();
    return {stopped, taken: threadsNow()!.taken};
  },

  /** Threads of this page's on a memory of their own, of which one stops in the middle of a chunk if `change` says so. */
  async alone({count, change}: {count: number; change?: [string, string]}) {
    const memory = new WebAssembly.Memory({initial: 256, maximum: 256, shared: true});
    const kernels = kernelsOn(memory);
    const rows = {outer: 1000, n: 1000, inner: 1};
    const plan = planForward('softmax', rows, 1, null);
    const floats = (at: number) => new Float32Array(memory.buffer, at, 1e6);
    floats(0).forEach((_, i, x) => {
      x[i] = (i * 7919) % 101;
    });
    const host = threadHost();
    if (!host) throw new Error('this page has no host for threads');
    const changed = {
      ...host,
      start: (program: string, ...rest: [object, never]) => host.start(program.replace(...change!), ...rest),
    };
    const threads = new Threads(kernels, change ? changed : host, count);
    const warnings: string[] = [];
    console.warn = (text: string) => warnings.push(text);
    threads.start();
    let isDone = true;
    const run = () => threads.run(plan, [0, 4e6, 0, 0], divisionFor(plan, count), 1);
    for (let i = 0; i < 2000 && isDone && threads.failure === null; i++) {
      isDone = run();
      if (!change && threads.taken.every((chunks) => chunks > 0)) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    // With the threads that there are now: none, if one failed to start.
    floats(4e6).fill(-1);
    if (isDone) isDone = run();
    launch(plan, kernels.call, 0, 8e6, 0, 0);
    if (!isDone) launch(plan, kernels.call, 0, 4e6, 0, 0);
    const same = floats(4e6).every((value, i) => value === floats(8e6)[i]);
    const {taken, failure} = threads;
    threads.stop();
    return {same, isDone, taken, failure, warnings};
  },

  /** Many calls on so many threads. @returns wrong numbers, and the longest of the calls in milliseconds */
  async load({calls, threads}: {calls: number; threads: number}) {
    family.setThreads(threads);
    if (threads > 1) await allAwake();
    const x = tf.randomNormal([64, 1000], 0, 3, 'float32', 1);
    const y = family.softmax(x);
    const expected = y.dataSync<'float32'>();
    y.dispose();
    let [wrong, longest] = [0, 0];
    for (let i = 0; i < calls; i++) {
      const begun = performance.now();
      const z = family.softmax(x);
      longest = Math.max(longest, performance.now() - begun);
      if (i % 50 === 0) {
        wrong += z.dataSync<'float32'>().filter((value, k) => value !== expected[k]).length;
        await new Promise((resolve) => setTimeout(resolve));
      }
      z.dispose();
    }
    x.dispose();
    return {wrong, longest, taken: threadsNow()?.taken ?? []};
  },
};
expose(functions);
export type Functions = typeof functions;
