import type {KernelName} from '../../backends/engines/wasm/plan';
import type {Fault} from './planted_kernels';

/** What threads.ts has for the kernels of another thread. */
const KERNELS = 'Object.values(new WebAssembly.Instance(module, {env: {memory}}).exports)';
const FAULTY: Record<Fault, string> = {
  nothing: '() => {}',
  zeros: '(x, out, outer, n, inner) => { new Float32Array(memory.buffer, out, outer * n * inner).fill(0); }',
};

/**
 * From its call on thread `id` has faulty kernels, if it starts in Node, until what it returns is called.
 *
 * @param only the one that is faulty; by default all are
 */
export function plantInThread(id: number, fault: Fault, only?: KernelName): () => void {
  const faulty = `Object.entries(new WebAssembly.Instance(module, {env: {memory}}).exports).map(([name, kernel]) =>
    ${only === undefined ? 'true' : `name === '${only}'`} ? ${FAULTY[fault]} : kernel)`;
  const threads = process.getBuiltinModule('node:worker_threads');
  const {Worker} = threads;
  threads.Worker = class extends Worker {
    constructor(program: string, options: {workerData: {id: number}}) {
      if (!program.includes(KERNELS)) throw new Error('the program of threads is another than this was written for');
      const isPlanted = options.workerData.id === id;
      super(isPlanted ? program.replace(KERNELS, faulty) : program, options as object);
    }
  } as typeof Worker;
  return () => {
    threads.Worker = Worker;
  };
}
