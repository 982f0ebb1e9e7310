/** How other threads are started: for each kind of host something else. */
export interface ThreadHost {
  /** How many threads this machine runs at a time. */
  readonly parallelism: number;
  /**
   * Starts a thread in the background, which does not keep the process alive.
   * @param program text of a function that takes the data and `park`, which it calls with itself when it has nothing to do for
   *   long, to go on at the next `resume`; no bundler may rewrite the text, so it is no module
   * @param data what `postMessage` can send
   * @throws if this host lets none start; what fails later is told
   */
  start(program: string, data: object, events: ThreadEvents): Thread;
  /** Called again and again while this thread waits for a place to change from a value: sleeps a little where it may. */
  wait(place: Int32Array, index: number, value: number): void;
}

export interface ThreadEvents {
  /** The thread has nothing to do for long, and waits for `resume`. */
  parked(): void;
  /** The thread is no more, or has never been. */
  failed(reason: string): void;
}

export interface Thread {
  resume(): void;
  terminate(): void;
}

/** Null where no thread can be started. */
export function threadHost(): ThreadHost | null {
  // In an Electron window both are there; Node's threads do not start in it.
  return typeof document === 'undefined' ? (nodeHost() ?? pageHost()) : pageHost();
}

/** Node, from 20.16 on; null elsewhere. */
export function nodeHost(): ThreadHost | null {
  // Not by an import: other hosts would stumble over it.
  const builtin = globalThis.process?.getBuiltinModule;
  if (!builtin) return null;
  return {
    parallelism: builtin('node:os').availableParallelism(),
    start(program, data, {parked, failed}) {
      const {Worker} = builtin('node:worker_threads');
      const text = `const {parentPort, workerData} = require('node:worker_threads');
(${program})(workerData, (serve) => {
  parentPort.once('message', serve);
  parentPort.postMessage(0);
});`;
      const worker = new Worker(text, {eval: true, execArgv: [], workerData: data});
      worker.on('message', parked);
      worker.on('error', (error) => failed(error.message));
      worker.on('exit', () => failed('it ended'));
      worker.unref();
      return {
        resume: () => worker.postMessage(0),
        terminate() {
          worker.removeAllListeners();
          worker.on('error', () => {}); // of one that is ending; without a listener it would end the process
          worker.terminate();
        },
      };
    },
    wait(place, index, value) {
      Atomics.wait(place, index, value, 20);
    },
  };
}

/** A page, or a worker of one. */
function pageHost(): ThreadHost | null {
  if (typeof Worker === 'undefined' || typeof Blob === 'undefined') return null;
  return {
    parallelism: globalThis.navigator?.hardwareConcurrency ?? 1,
    start(program, data, {parked, failed}) {
      const worker = new Worker(urlOf(program));
      worker.onmessage = parked;
      worker.onerror = (event) => {
        event.preventDefault();
        failed(event.message || 'the page does not allow workers from a blob');
      };
      worker.postMessage(data);
      return {resume: () => worker.postMessage(0), terminate: () => worker.terminate()};
    },
    wait() {}, // the main thread of a page must not sleep
  };
}

const urls = new Map<string, string>();

/** Kept: it is one, and a worker may fetch it late. */
function urlOf(program: string): string {
  let url = urls.get(program);
  if (url === undefined) {
    const text = `onmessage = ({data}) => (${program})(data, (serve) => {
  onmessage = serve;
  postMessage(0);
});`;
    // A classic worker from a blob is what tfjs's own threads are: where they are allowed, so is this one.
    url = URL.createObjectURL(new Blob([text], {type: 'text/javascript'}));
    urls.set(program, url);
  }
  return url;
}
