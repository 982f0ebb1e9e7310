import type {BackendReport} from 'tfjs-softmax';
import type {LoadedPackage} from './packages';

/** What could be done to get a faster backend than there is, or one that works. */
export function adviceOf({machine, backends}: BackendReport, packages: LoadedPackage[]): string[] {
  const advice = packages.flatMap(({name, backend, problem}) => {
    if (problem === null) return [];
    if (problem.startsWith('not installed')) return [`${name} is not installed; it brings the ${backend} backend.`];
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
  advice.push('webgl is in browsers only: call backendReport() and rankBackends() in your page.');
  advice.push(
    'WebGPU runs in Node too: npm install webgpu @tensorflow/tfjs-backend-webgpu, and call enableWebGPU() before you import the latter.',
  );
  return advice;
}
