/**
 * Builds the benchmark's page into bench-page/: plain files that any web server or static host can serve, such as
 * `npx serve bench-page`. With COOP and COEP headers its clock is finer; without, samples are longer.
 */
import {cpSync, existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {basename, join} from 'node:path';
import esbuild from 'esbuild';

const PAGE = 'benchmarks/page';
const OUT = 'bench-page';
const TFJS_WASM = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';
const ONNX = '.cache/bench-peers/node_modules/onnxruntime-web/dist';
const ONNX_FILES = ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];

rmSync(OUT, {recursive: true, force: true});
mkdirSync(OUT);
for (const file of ['index.html', 'style.css']) copy(join(PAGE, file), OUT);
for (const file of readdirSync(TFJS_WASM).filter((name) => name.endsWith('.wasm')))
  copy(join(TFJS_WASM, file), join(OUT, 'wasm'));
const hasOnnx = existsSync(ONNX);
if (hasOnnx) for (const file of ONNX_FILES) copy(join(ONNX, file), join(OUT, 'onnx'));

await esbuild.build({
  entryPoints: [join(PAGE, 'main.ts')],
  outfile: join(OUT, 'page.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  define: {HAS_ONNX_RUNTIME: String(hasOnnx)},
});
console.log(
  `The page is in ${OUT}${hasOnnx ? '' : '; without onnxruntime-web, which npm run setup:bench-peers gets'}.`,
);

function copy(file, folder) {
  cpSync(file, join(folder, basename(file)));
}
