import {spawnSync} from 'node:child_process';
import * as wasm from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {type SelfCheck, selfCheck} from '../../../backends/dispatcher/self_check';
import type {Experience} from '../../../backends/engines/wasm/experience';
import {wasmBackend} from '../../../backends/wasm';
import {forgetInstances} from '../../../backends/wasm/access';
import {backendReport, getThreads, logSoftmax, setThreads, softmax} from '../../../index';
import {enableWasmThreads} from '../../../node';
import {plantInThread} from '../../hosts/planted_threads';
import {allAwake, compareThreads, threadsNow} from './thread_cases';

const backend = () => tf.backend() as wasm.BackendWasm;

beforeAll(async () => {
  await enableWasmThreads(wasm);
  await tf.setBackend('wasm');
});

afterEach(() => setThreads(null));

afterAll(() => {
  setThreads(1);
  threadsNow(); // ends them
});

test.each([2, 3, 4, 8])('%d threads give what one gives, bit by bit, and touch nothing else', async (threads) => {
  const {wrong, taken, shared, grown, left} = await compareThreads({seed: 1000 * threads, cases: 24, threads});
  expect(wrong).toEqual([]);
  expect(taken).toHaveLength(threads);
  expect(Math.min(...taken)).toBeGreaterThan(0);
  expect(shared).toBeGreaterThan(0); // more on a machine that is free
  expect(grown).toBeGreaterThan(0);
  expect(left).toBe(0);
});

describe('the self-check', () => {
  /** Until every thread has had a part: on a busy machine one may be late. */
  async function checked(): Promise<SelfCheck> {
    for (;;) {
      const check = await selfCheck('wasm');
      if (check.left === 0 || check.problem !== null) return check;
    }
  }

  const SHARED = ['softmax', 'logSoftmax', 'logSumExp', 'logSoftmaxVjp'].map(
    (op) => `${op} of a row that threads share`,
  );

  test.each([
    {name: '', lostNs: 0},
    {name: ', also where sharing has lost time', lostNs: 1e12},
  ])('has each thread take part$name', async ({lostNs}) => {
    setThreads(3);
    await allAwake();
    const threads = threadsNow()!;
    const sharing = jest.spyOn(threads, 'helpersFor');
    (Reflect.get(threads, 'experience') as Experience).addJob(0, lostNs);
    softmax(tf.ones([1024, 1000])).dispose();
    if (lostNs > 0) expect(sharing.mock.results.at(-1)!.value).toEqual({awake: 0, wake: 0});
    const before = threads.taken;
    const run = jest.spyOn(threads, 'run').mockClear();
    const {problem, variants} = await checked();
    expect(problem).toBeNull();
    // The steps of assembly/shared_rows.ts, but for the end of logSumExp, which is one call.
    const steps = run.mock.calls.filter(([{kernel}]) => kernel === 'piecesOfLongRows').map(([{rest}]) => rest[0]);
    expect([...new Set(steps)].sort()).toEqual([0, 1, 2, 3, 4, 6]);
    expect(variants.slice(-5)).toEqual(['each of 3 threads', ...SHARED].map((name) => ({name, problem: null})));
    for (const [id, parts] of threads.taken.entries()) expect(parts).toBeGreaterThan(before[id]!);
  });

  test.each([
    [1, 'zeros'],
    [2, 'nothing'],
  ] as const)('finds that thread %d computes %s', async (id, fault) => {
    setThreads(1);
    threadsNow(); // ends them
    const restore = plantInThread(id, fault);
    setThreads(3);
    const {problem} = await checked().finally(restore);
    setThreads(1);
    threadsNow();
    expect(problem).toMatch(/^each of 3 threads gives \S+ where/);
  });

  test('finds a thread that computes no pieces of a row', async () => {
    setThreads(1);
    threadsNow(); // ends them
    const restore = plantInThread(1, 'nothing', 'piecesOfLongRows');
    setThreads(2);
    const {variants} = await checked().finally(restore);
    setThreads(1);
    threadsNow();
    const failing = variants.filter(({problem}) => problem !== null).map(({name}) => name);
    expect(failing.length).toBeGreaterThan(0);
    expect(SHARED).toEqual(expect.arrayContaining(failing));
  });
});

describe('setThreads', () => {
  test.each([0, 65, 1.5, Number.NaN, '2', undefined])('refuses %p', (count) => {
    expect(() => setThreads(count as number)).toThrow(/^setThreads: count must be an integer from 1 to 64, or null /);
  });

  test('says how many at most, and null follows the machine', async () => {
    const runs = async () => (await backendReport({start: false})).backends.find(({name}) => name === 'wasm')!.runs;
    setThreads(3);
    expect([getThreads(), wasmBackend.threads!(backend())]).toEqual([3, 3]);
    expect(await runs()).toMatch(/^WebAssembly \(\w+\), in place on tfjs's memory, on up to 3 threads$/);
    setThreads(1);
    expect([getThreads(), wasmBackend.threads!(backend())]).toEqual([1, 1]);
    expect(await runs()).toMatch(/on one thread: by setThreads\(1\)$/);
    setThreads(null);
    const cores = process.getBuiltinModule('node:os').availableParallelism();
    expect(getThreads()).toBe(Math.min(cores, 8));
  });

  test('another number ends those that are there', async () => {
    setThreads(3);
    await allAwake();
    const first = threadsNow()!;
    const stop = jest.spyOn(first, 'stop');
    setThreads(2);
    await allAwake();
    expect(stop).toHaveBeenCalledTimes(1);
    expect(threadsNow()!.taken).toHaveLength(2);
  });
});

test('a small tensor never leaves this thread', async () => {
  setThreads(2);
  await allAwake();
  const run = jest.spyOn(threadsNow()!, 'run');
  tf.tidy(() => softmax(tf.ones([8, 500])));
  expect(run).toHaveBeenCalledTimes(0);
  tf.tidy(() => softmax(tf.ones([2000, 500])));
  expect(run).toHaveBeenCalledTimes(1);
});

test('a forward pass that is differentiated stays on this thread where its product is too short to be shared', async () => {
  setThreads(2);
  await allAwake();
  const execute = jest.spyOn(threadsNow()!, 'execute');
  const shared = (run: () => tf.Tensor) => {
    execute.mockClear();
    tf.tidy(run);
    return execute.mock.calls.map(([{kernel}]) => kernel);
  };
  const [short, long] = [tf.ones([8, 1000]), tf.ones([64, 1000])];
  const gradient = tf.grad((x) => softmax(x));
  expect(shared(() => softmax(short))).toEqual(['softmaxLongRows']);
  expect(shared(() => gradient(short))).toEqual([]);
  expect(shared(() => gradient(long))).toEqual(['softmaxLongRows', 'softmaxProductLongRows']);
  tf.dispose([short, long]);
});

test('a thread that does not finish: the result is another tensor, and the one that it may write to is kept', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  setThreads(2);
  await allAwake();
  const threads = threadsNow()!;
  jest.spyOn(threads, 'helpersFor').mockReturnValue({awake: 1, wake: 0});
  jest.spyOn(threads, 'run').mockImplementation((_plan, [, out]) => {
    new Float32Array((backend() as unknown as {wasm: {HEAPU8: Uint8Array}}).wasm.HEAPU8.buffer, out, 4).fill(99);
    return false;
  });
  // Outside of tfjs's test mode, in which it throws if anything is kept.
  tf.env().set('IS_TEST', false);
  const x = tf.randomNormal([100, 1000]);
  const y = softmax(x);
  tf.env().set('IS_TEST', true);
  threads.stop();
  jest.restoreAllMocks();
  setThreads(1);
  expect(y.dataSync()).toEqual(softmax(x).dataSync());
  warn.mockRestore();
});

test('a thread that dies in the middle of a long row: the same bits, and one warning', async () => {
  const x = tf.randomNormal([1, 300_000]);
  setThreads(1);
  threadsNow(); // ends them
  const bits = () => tf.tidy(() => Buffer.from(logSoftmax(x).dataSync<'float32'>().slice().buffer));
  const alone = bits();
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const workers = process.getBuiltinModule('node:worker_threads');
  const {Worker} = workers;
  workers.Worker = class extends Worker {
    constructor(program: string, options: object) {
      super(program.replace('run(chunk);', "run(chunk); throw Error('killed');"), options);
    }
  } as typeof Worker;
  setThreads(2);
  tf.env().set('IS_TEST', false); // see above
  while (threadsNow()) {
    expect(bits().equals(alone)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve));
  }
  tf.env().set('IS_TEST', true);
  workers.Worker = Worker;
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0][0]).toMatch(/not finished its part within 2 seconds.*From now on one thread computes/);
  warn.mockRestore();
  x.dispose();
  forgetInstances(); // the next test has threads again
});

test('the threads of a backend that is removed end', async () => {
  setThreads(2);
  await allAwake();
  const stop = jest.spyOn(threadsNow()!, 'stop');
  const factory = tf.findBackendFactory('wasm');
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory, 2);
  await tf.setBackend('wasm');
  tf.tidy(() => softmax(tf.ones([4])));
  expect(stop).toHaveBeenCalledTimes(1);
  await allAwake();
  expect(Math.min(...threadsNow()!.taken)).toBeGreaterThan(0);
});

describe('enableWasmThreads', () => {
  test('again, once the backend runs, changes nothing', async () => {
    const setWasmPaths = jest.fn();
    await enableWasmThreads({setWasmPaths});
    expect(setWasmPaths).toHaveBeenCalledTimes(0);
  });

  test.each([
    [[{}], /the first argument must be the module @tensorflow\/tfjs-backend-wasm, but got an Object/],
    [[undefined], /but got undefined/],
    [[wasm, 3], /options must be an object, but got 3/],
    [[wasm, {file: 3}], /file must be a path, but got 3/],
  ])('refuses %p', async (given, message) => {
    await expect(enableWasmThreads(...(given as [typeof wasm]))).rejects.toThrow(message);
  });

  describe('before the backend runs', () => {
    let removed: tf.KernelBackend;
    beforeAll(() => {
      removed = tf.engine().registry.wasm!;
      delete tf.engine().registry.wasm;
    });
    afterAll(() => {
      tf.engine().registry.wasm = removed;
    });

    test.each([
      ['a file that is not there', '/nowhere.wasm', /cannot be read: ENOENT.*Give its path with the option file\.$/],
      ['one that is no such module', __filename, /defines its memory in a way that cannot be shared\.$/],
      [
        'the threaded build, which imports its memory',
        'node_modules/@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm',
        /defines its memory in a way/,
      ],
    ])('refuses %s, and sets nothing', async (_name, file, message) => {
      const setWasmPaths = jest.fn();
      await expect(enableWasmThreads({setWasmPaths}, {file})).rejects.toThrow(message);
      expect(setWasmPaths).toHaveBeenCalledTimes(0);
    });
  });

  test('a backend that runs already, on a memory that is not shared', async () => {
    const memory = backend() as unknown as {wasm: {asm: object; HEAPU8: Uint8Array}};
    const real = memory.wasm;
    const other = new WebAssembly.Memory({initial: 1});
    memory.wasm = Object.assign(Object.create(real), {asm: {memory: other}, HEAPU8: new Uint8Array(other.buffer)});
    await expect(enableWasmThreads(wasm)).rejects.toThrow(/has started already\. Call this before/);
    memory.wasm = real;
  });
});

test('a process ends by itself while its threads are there', () => {
  const program = `
    const wasm = require('@tensorflow/tfjs-backend-wasm');
    const tf = require('@tensorflow/tfjs-core');
    const {enableWasmThreads, setThreads, softmax, backendReport} = require('./dist/index.cjs');
    (async () => {
      await enableWasmThreads(wasm);
      await tf.setBackend('wasm');
      setThreads(2);
      const x = tf.ones([1024, 1000]);
      for (let i = 0; i < 50; i++) {
        softmax(x).dispose();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      console.log((await backendReport({start: false})).backends[0].runs);
    })();`;
  const {stdout, stderr, status} = spawnSync(process.execPath, ['-e', program], {encoding: 'utf8', timeout: 60_000});
  expect({stderr, status}).toEqual({stderr: '', status: 0});
  expect(stdout).toMatch(/on up to 2 threads\n$/);
});
