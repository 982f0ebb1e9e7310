/**
 * Bundles benchmarks/gpu into bench-gpu/webgpu.cjs, one file for plain Node: it is carried to a machine that has a GPU and
 * nothing else. See benchmarks/gpu/main.ts for how it is run there.
 */
import esbuild from 'esbuild';

await esbuild.build({
  entryPoints: ['benchmarks/gpu/main.ts'],
  outfile: 'bench-gpu/webgpu.cjs',
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  external: ['webgpu'],
  ignoreAnnotations: true, // dawn.ts is imported for what it does
  minifySyntax: true,
});
console.log('bench-gpu/webgpu.cjs is what runs: DAWN=/path/to/dawn.node node bench-gpu/webgpu.cjs > webgpu.json');
