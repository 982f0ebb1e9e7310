import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {resolve as pathOf} from 'node:path';
import type {Host, Outcome} from './call';
import type {Functions, Held} from './tensorflow_process';

const lastWords = new WeakMap<ChildProcess, string>();
/** For a process to end. One that hangs is not to hang the tests. */
const PATIENCE_MS = 100_000;
const PROGRAM = pathOf('spec/hosts/tensorflow_process.ts');

/** A process with tfjs-node, whose functions are called one after another. */
export class TensorflowProcess {
  private constructor(
    private child: ChildProcess,
    /** What the backend report says of it. */
    readonly runs: string,
  ) {}

  static async start(held: Held): Promise<TensorflowProcess> {
    const child = fork(PROGRAM, {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      env: {
        ...process.env,
        ...(process.env.TFJS_SOFTMAX_COVERAGE && {NODE_V8_COVERAGE: process.env.TFJS_SOFTMAX_COVERAGE}),
      },
    });
    // TensorFlow announces itself there. Failures come as messages; only a crash is told by what it wrote last.
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      lastWords.set(child, `${lastWords.get(child) ?? ''}${text}`.slice(-2000));
    });
    return new TensorflowProcess(child, await call(child, 'start', held));
  }

  /** Arguments and results cross by value. Rejects with what the function threw. */
  call<K extends keyof Functions>(
    name: K,
    argument: Parameters<Functions[K]>[0],
  ): Promise<Awaited<ReturnType<Functions[K]>>> {
    return call(this.child, name, argument);
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.disconnect(); // by itself, so that it can note what has run
    let hangs = false;
    const timer = setTimeout(() => {
      hangs = true;
      this.child.kill('SIGKILL');
    }, PATIENCE_MS);
    await ended;
    clearTimeout(timer);
    if (hangs) throw new Error(`A process with tfjs-node did not end in ${PATIENCE_MS} ms, and was killed.`);
  }
}

/** The conformance suite's host. Stops with the process that `started` is told of. */
export async function tensorflowHost(held: Held, started: (process: TensorflowProcess) => void): Promise<Host> {
  const tensorflow = await TensorflowProcess.start(held);
  started(tensorflow);
  return {
    name: `tensorflow, tensors held ${held}: ${tensorflow.runs}`,
    async run(call): Promise<Outcome> {
      const outcome = await tensorflow.call('call', call);
      return {...outcome, values: Float32Array.from(outcome.values)};
    },
    runCase: (fuzzed) => tensorflow.call('fuzz', fuzzed),
  };
}

function call<K extends keyof Functions>(
  child: ChildProcess,
  name: K,
  argument: Parameters<Functions[K]>[0],
): Promise<Awaited<ReturnType<Functions[K]>>> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null, signal: string | null) =>
      reject(new Error(`the process with tfjs-node ended with ${code ?? signal} in ${name}: ${lastWords.get(child)}`));
    child.once('exit', died);
    child.once('message', ({result, error}: {result: never; error?: string}) => {
      child.off('exit', died);
      if (error) reject(new Error(error));
      else resolve(result);
    });
    child.send({name, argument});
  });
}
