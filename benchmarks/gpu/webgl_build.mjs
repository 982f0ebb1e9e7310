/**
 * Builds the page of webgl.ts into .gpu-page/, an ignored folder, to be carried to a machine that has a GPU:
 *
 *     node benchmarks/gpu/webgl_build.mjs
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import esbuild from 'esbuild';

const OUT = '.gpu-page';

mkdirSync(OUT, {recursive: true});
writeFileSync(
  `${OUT}/index.html`,
  '<!doctype html><link rel="icon" href="data:,"><script type="module" src="page.js"></script>\n',
);
await esbuild.build({
  entryPoints: ['benchmarks/gpu/webgl.ts'],
  outfile: `${OUT}/page.js`,
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
});
