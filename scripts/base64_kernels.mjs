/** An esbuild plugin: backends/engines/wasm/bytes.ts with the binary in base64. */
import {readFile} from 'node:fs/promises';
import esbuild from 'esbuild';

export const base64Kernels = {
  name: 'base64 kernels',
  setup(build) {
    build.onLoad({filter: /engines[\\/]wasm[\\/]bytes\.ts$/}, async ({path}) => {
      const base64 = Buffer.from(await bytesIn(path)).toString('base64');
      return {contents: `export const kernelBytes = () => new Uint8Array(Buffer.from('${base64}', 'base64'));`};
    });
  },
};

async function bytesIn(path) {
  const {outputFiles} = await esbuild.build({entryPoints: [path], bundle: true, write: false, format: 'esm'});
  const {kernelBytes} = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return kernelBytes();
}
