import * as wasm from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {selfCheck} from '../../../backends/dispatcher/self_check';
import {Threads} from '../../../backends/engines/wasm/threads';
import {accessTo, forgetInstances} from '../../../backends/wasm/access';
import {
  entropy,
  install,
  linearCrossEntropy,
  logSumExp,
  setThreads,
  softmax,
  softmaxCrossEntropy,
  uninstall,
} from '../../../index';
import {enableWasmThreads} from '../../../node';
import {failureTable} from '../../hosts/failure_table';
import {expectNothingWrong} from './expected';

const LOGITS = Float32Array.from({length: 300 * 256}, (_, i) => ((i * 37) % 101) / 10 - 5);
const CLASSES = Int32Array.from({length: 300}, (_, i) => (i * 7) % 256);

/** Large enough to be shared among threads. */
const ACTIONS: Record<string, () => tf.Tensor> = {
  softmax: () => softmax(logits()),
  'logSumExp along axis 0': () => logSumExp(logits(), 0),
  'gradient of softmax': () => tf.grad((x) => softmax(x))(logits(), logits()),
  'mean loss': () => softmaxCrossEntropy(tf.tensor1d(CLASSES, 'int32'), logits()),
  entropy: () => entropy(logits()),
  'gradient of a mean loss of a last layer': () =>
    tf.grad((weights) =>
      linearCrossEntropy(tf.tensor2d(LOGITS.slice(0, 300 * 2), [300, 2]), weights, tf.tensor1d(CLASSES, 'int32'), {
        chunkRows: 200,
      }),
    )(tf.tensor2d(LOGITS.slice(0, 2 * 256), [2, 256])),
  'tf.softmax after install()': () => {
    install();
    try {
      return tf.softmax(logits());
    } finally {
      uninstall();
    }
  },
};

function logits(): tf.Tensor2D {
  return tf.tensor2d(LOGITS, [300, 256]);
}

const {helpersFor} = Threads.prototype;
const workers = process.getBuiltinModule('node:worker_threads');
const {Worker} = workers;
let warn: jest.SpyInstance;

beforeAll(async () => {
  await enableWasmThreads(wasm);
  await tf.setBackend('wasm');
  warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
});
beforeEach(() => {
  forgetInstances();
  setThreads(3);
  warn.mockClear();
  // At once, and not only after much work: within the call that fails.
  Threads.prototype.helpersFor = function (ns) {
    this.start();
    return helpersFor.call(this, ns);
  };
});
afterEach(() => {
  Threads.prototype.helpersFor = helpersFor;
  workers.Worker = Worker;
  forgetInstances();
});
afterAll(() => {
  setThreads(null);
  warn.mockRestore();
});

test('no memory for what threads share: the self-check goes on', async () => {
  const real = SharedArrayBuffer;
  globalThis.SharedArrayBuffer = new Proxy(real, {
    construct() {
      throw new RangeError('no room');
    },
  });
  const {problem, left, variants} = await selfCheck('wasm').finally(() => {
    globalThis.SharedArrayBuffer = real;
  });
  expect({problem, left}).toEqual({problem: null, left: 0});
  expect(variants.filter(({name}) => name.includes('threads'))).toEqual([]);
  expect(describeThreads()).toMatch(/^on one thread: no thread can be started: no room$/);
  expect(warn).toHaveBeenCalledTimes(1);
});

/** Everything that is asked for, made to fail once each. */
test('wasm, with threads', async () => {
  const table = await failureTable(forgetInstances, {actions: ACTIONS});
  expectNothingWrong('wasm, with threads', table, [
    'Float32Array',
    'Int32Array',
    'SharedArrayBuffer',
    'Uint8Array',
    'WebAssembly.Instance',
    'Worker',
    'backend.makeOutput',
    'backend.readSync',
    'backend.write',
    'malloc',
  ]);
});

type WorkerArguments = ConstructorParameters<typeof Worker>;
const idOf = ([, options]: WorkerArguments) => (options!.workerData as {id: number}).id;

/** What becomes of a thread, and what the report says. */
const FATES: Record<string, {start: (args: WorkerArguments) => InstanceType<typeof Worker>; said: RegExp}> = {
  'cannot be made': {
    start: () => {
      throw new RangeError('no more threads');
    },
    said: /^on one thread: no thread can be started: no more threads$/,
  },
  'ends at once': {
    start: ([, options]) => new Worker('process.exit(0)', options),
    said: /^on one thread: a thread failed: it ended$/,
  },
  'has an error at once': {
    start: ([, options]) => new Worker('throw new Error("no room")', options),
    said: /^on one thread: a thread failed: no room$/,
  },
  'has not enough memory to start': {
    start: ([program, options]) => new Worker(program, {...options, resourceLimits: {maxOldGenerationSizeMb: 1}}),
    said: /^on one thread: a thread failed: Worker terminated due to reaching memory limit/,
  },
};

describe.each([1, 2])('thread %d of three', (id) => {
  test.each(Object.entries(FATES))(
    '%s: results are the same, and said once; new ones come with a new start',
    async (_, {start, said}) => {
      setThreads(1);
      const alone = Object.values(ACTIONS).map(valuesOf);
      const expectTheSame = () => {
        for (const [i, action] of Object.values(ACTIONS).entries())
          expect(Buffer.compare(valuesOf(action), alone[i]!)).toBe(0);
      };
      setThreads(3);
      workers.Worker = class {
        constructor(...args: WorkerArguments) {
          // biome-ignore lint/correctness/noConstructorReturn: it stands in for another class
          return idOf(args) === id ? start(args) : new Worker(...args);
        }
      } as unknown as typeof Worker;
      const before = tf.memory().numTensors;
      while (!said.test(describeThreads())) {
        expectTheSame();
        await new Promise((done) => setTimeout(done, 1));
      }
      expectTheSame();
      expect(tf.memory().numTensors).toBe(before);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0][0]).toMatch(/^tfjs-softmax: .* From now on one thread computes\.$/);
      workers.Worker = Worker;
      forgetInstances();
      expectTheSame();
      expect(describeThreads()).toMatch(/^on up to 3 threads$/);
    },
  );
});

function valuesOf(action: () => tf.Tensor): Uint8Array {
  return tf.tidy(() => new Uint8Array(action().dataSync().slice().buffer));
}

function describeThreads(): string {
  return accessTo(tf.backend() as wasm.BackendWasm).pool!.describe();
}
