import type {BackendReport} from 'tfjs-softmax';
import type {LoadedPackage} from './packages';

/** What could be done to get a faster backend than there is, or one that works. */
export function adviceOf({machine, backends}: BackendReport, packages: LoadedPackage[]): string[] {
  const advice = packages.flatMap(({name, backend, problem, cause}) => {
    if (cause === null) return [];
    if (cause === 'not installed') {
      if (backend === 'webgpu') return []; // said below
      return [`For the ${backend} backend: npm install ${name}.`];
    }
    if (cause === 'no WebGPU') return [`${backend} ${problem}`];
    return [`${name} is installed, but ${problem}. Install it again for this version of Node.`];
  });
  if (machine.wasm?.simd === false)
    advice.push('This version of Node has no WebAssembly SIMD. A newer one runs faster kernels.');
  else if (machine.wasm?.relaxedSimd === false && backends.some(({name}) => name === 'wasm')) {
    advice.push(
      'Relaxed SIMD is off. For faster kernels start Node with --experimental-wasm-relaxed-simd, or use a newer Node.',
    );
  }
  for (const {name, problem} of backends) {
    if (problem !== null)
      advice.push(`${name} cannot be used: it ${problem}. Please open an issue with the output of doctor --report.`);
  }
  if (usesGlibc() && backends.some(({name}) => name === 'cpu')) {
    advice.push(
      'On cpu, results of 128 KiB and more need fresh memory from the system, which takes longer than the kernel. Use wasm, or ' +
        'start Node with MALLOC_MMAP_THRESHOLD_=268435456 MALLOC_TRIM_THRESHOLD_=1073741824 (see docs/drop-in.md).',
    );
  }
  advice.push(
    'To choose for your own program, use `await selectBackend(() => model.predict(x))`: it weighs all of it, not softmax alone.',
  );
  if (!backends.some(({name}) => name === 'webgpu')) {
    advice.push(
      'For a GPU in Node: npm install webgpu @tensorflow/tfjs-backend-webgpu, and call enableWebGPU() before you import the latter.',
    );
  }
  advice.push(
    'For pages, run `npx tfjs-softmax doctor --browser`. Threads of the wasm backend need a page with the headers ' +
      'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp; in Node, enableWasmThreads().',
  );
  return advice;
}

function usesGlibc(): boolean {
  const {header} = process.report.getReport() as unknown as {header: {glibcVersionRuntime?: string}};
  return header.glibcVersionRuntime !== undefined;
}
