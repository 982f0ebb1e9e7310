/**
 * Plants faults in the WebAssembly kernels: from the import of this file on, instances of the module run their kernels as they
 * are, but for the one that is planted. Import it before anything that runs one.
 */
import type {KernelName} from '../../backends/engines/wasm/plan';

/** A kernel that writes zeros; or nothing, so that what was there before is taken for its result. */
export type Fault = 'zeros' | 'nothing';

let planted: {kernel: KernelName; fault: Fault} | null = null;
const ran = new Set<string>();

export function plant(fault: {kernel: KernelName; fault: Fault} | null): void {
  planted = fault;
}

/** The kernels that have run since this was last asked, and all that there are. */
export function kernelsThatRan(): {ran: string[]; all: string[]} {
  const names = [...ran];
  ran.clear();
  return {ran: names, all: [...all]};
}

const all = new Set<string>();

WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(Instance, [module, imports]: [WebAssembly.Module, {env: {memory: WebAssembly.Memory}}]) {
    const instance = new Instance(module, imports);
    if (!('softmaxLongRows' in instance.exports)) return instance;
    const {memory} = imports.env;
    const exports = Object.entries(instance.exports).map(([name, kernel]) => {
      all.add(name);
      const faulty = (...values: number[]) => {
        ran.add(name);
        if (planted?.kernel === name && planted.fault === 'nothing') return;
        (kernel as (...values: number[]) => void)(...values);
        if (planted?.kernel === name) writeZeros(name, memory, values);
      };
      return [name, faulty];
    });
    return {exports: Object.fromEntries(exports)};
  },
});

/** Where the kernel has written. Its arguments are those of `Kernel` in module.ts. */
function writeZeros(name: string, memory: WebAssembly.Memory, values: number[]): void {
  const [, out = 0, outer = 0, n = 0, inner = 0, , , , first = 0, second = 0] = values;
  const results = new Float32Array(memory.buffer);
  const at = out / 4;
  if (/^crossEntropy(Long|Gathered)/.test(name)) {
    // The bytes from one loss to the next; 0 for a total.
    results.fill(0, at, at + (second === 0 ? 1 : outer * inner));
    return;
  }
  const perBlock = name.startsWith('logSumExp') ? inner : n * inner;
  // A piece of the columns, where a mask does not move evenly along all of them.
  const columns = name.includes('Masked') || (name.includes('Gathered') && first > 0) ? first || inner : inner;
  for (let block = 0; block < outer; block++) {
    for (let k = 0; k < perBlock; k++) if (k % inner < columns) results[at + block * perBlock + k] = 0;
  }
}
