import {labelText, SECTION} from './precompiled';

/**
 * dist/kernels.wasm, beside the folder with this code. Null where there is no such file, as in bundles, or one of another
 * version; on hosts without files; and in Deno, which asks its user before it reads one.
 */
export function readKernels(): Uint8Array<ArrayBuffer> | null {
  if (typeof __dirname === 'undefined' || 'Deno' in globalThis) return null;
  try {
    // Not by an import: other hosts would stumble over it.
    const bytes = new Uint8Array(process.getBuiltinModule('node:fs').readFileSync(`${__dirname}/../kernels.wasm`));
    const end = SECTION + labelText({build: 'simd', memory: 'unshared'});
    return String.fromCharCode(...bytes.subarray(-end.length)) === end ? bytes : null;
  } catch {
    return null;
  }
}
