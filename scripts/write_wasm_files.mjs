import {writeFile} from 'node:fs/promises';
import esbuild from 'esbuild';

const FILES = [
  {file: 'kernels.wasm', build: 'simd', memory: 'unshared'},
  {file: 'kernels-relaxed.wasm', build: 'relaxed', memory: 'unshared'},
];

/** For TypeScript: what importing such a file gives, on hosts that compile it. */
const TYPES = 'declare const module: WebAssembly.Module;\nexport default module;\n';

/**
 * Writes the WebAssembly that is inside the package as files too, for `setWasmModule`: the same bytes, and a custom
 * section that says what they are.
 */
export async function writeWasmFiles(folder) {
  const {bytesOf, labelText, SECTION} = await builtFromSources();
  for (const {file, ...label} of FILES) {
    const section = customSection(SECTION, labelText(label));
    await writeFile(`${folder}/${file}`, [bytesOf(label.build, label.memory === 'shared'), section]);
    await writeFile(`${folder}/${file}.d.mts`, TYPES);
  }
}

/** What the sources have of this: nothing is said twice. */
async function builtFromSources() {
  const {outputFiles} = await esbuild.build({
    stdin: {
      contents: "export {bytesOf} from './module'; export {labelText, SECTION} from './precompiled';",
      resolveDir: 'backends/engines/wasm',
    },
    bundle: true,
    write: false,
    format: 'esm',
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

/** Kind 0, the length of the rest, the length of the name, the name, the content. Lengths are below 128: one byte. */
function customSection(name, content) {
  const rest = Buffer.from([name.length, ...Buffer.from(name + content)]);
  return Buffer.from([0, rest.length, ...rest]);
}
