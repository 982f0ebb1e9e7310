/** How other threads are started: for each kind of host something else. */
export interface ThreadHost {
  /** How many threads this machine runs at a time. */
  readonly parallelism: number;
  /**
   * Starts a thread in the background, which does not keep the process alive.
   * @param program text of a function that takes the data; no bundler may rewrite it, so it is no module
   * @param data what `postMessage` can send
   */
  start(program: string, data: object): {terminate(): unknown};
  /** Waits until the number in a place is another. */
  wait(place: Int32Array, index: number, value: number): void;
}

/** Node, from 20.16 on; null elsewhere. */
export function nodeHost(): ThreadHost | null {
  // Not by an import: other hosts would stumble over it.
  const builtin = globalThis.process?.getBuiltinModule;
  if (!builtin) return null;
  return {
    parallelism: builtin('node:os').availableParallelism(),
    start(program, data) {
      const {Worker} = builtin('node:worker_threads');
      const text = `(${program})(require('node:worker_threads').workerData)`;
      const worker = new Worker(text, {eval: true, execArgv: [], workerData: data});
      worker.on('error', () => {}); // one that cannot start leaves the work to the others
      worker.unref();
      return worker;
    },
    wait(place, index, value) {
      Atomics.wait(place, index, value);
    },
  };
}
