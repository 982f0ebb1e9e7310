import type {BackendReport} from 'tfjs-softmax';
import type {LoadedPackage} from './packages';

/** What could be done to get a faster backend than there is, or one that works. */
export function adviceOf({machine, backends}: BackendReport, packages: LoadedPackage[]): string[] {
  const advice = packages.flatMap(({name, backend, problem}) => {
    if (problem === null) return [];
    if (problem.startsWith('not installed')) {
      if (backend === 'webgpu') return []; // said below
      return [`${name} is not installed; it brings the ${backend} backend.`];
    }
    if (problem.startsWith('has no WebGPU')) return [`webgpu: ${problem.slice('has no WebGPU: '.length)}`];
    return [`${name} is installed, but ${problem}. Install it again, for this version of Node.`];
  });
  if (machine.wasm?.simd === false) advice.push('This Node has no WebAssembly SIMD: a newer one runs faster kernels.');
  else if (machine.wasm?.relaxedSimd === false && backends.some(({name}) => name === 'wasm')) {
    advice.push(
      'Relaxed SIMD is off: start Node with --experimental-wasm-relaxed-simd, or take a newer one, for faster kernels.',
    );
  }
  for (const {name, problem} of backends) {
    if (problem !== null)
      advice.push(`${name} is not usable: it ${problem}. Open an issue with the output of doctor --report.`);
  }
  if (usesGlibc() && backends.some(({name}) => name === 'cpu')) {
    advice.push(
      'Results of 128 KiB and more on cpu are fresh memory of the system, which takes longer than the kernel: start Node with ' +
        'MALLOC_MMAP_THRESHOLD_=268435456 MALLOC_TRIM_THRESHOLD_=1073741824 (docs/drop-in.md), or use wasm.',
    );
  }
  advice.push(
    'For a program of yours: `await selectBackend(() => model.predict(x))` weighs the whole of it, not softmax alone.',
  );
  if (!backends.some(({name}) => name === 'webgpu')) {
    advice.push(
      'A GPU in Node: npm install webgpu @tensorflow/tfjs-backend-webgpu, and call enableWebGPU() before you import the latter.',
    );
  }
  advice.push(
    "In a page: `npx tfjs-softmax doctor --browser` looks there. wasm's threads need cross-origin isolation, the headers " +
      'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp; tfjs for Node has none.',
  );
  return advice;
}

function usesGlibc(): boolean {
  const {header} = process.report.getReport() as unknown as {header: {glibcVersionRuntime?: string}};
  return header.glibcVersionRuntime !== undefined;
}
