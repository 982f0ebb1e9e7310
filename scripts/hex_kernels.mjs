/** An esbuild plugin: backends/engines/wasm/bytes.ts with the binary in hexadecimal, which compresses better than base64. */
import esbuild from 'esbuild';

export const hexKernels = {
  name: 'hex kernels',
  setup(build) {
    build.onLoad({filter: /engines[\\/]wasm[\\/]bytes\.ts$/}, async ({path}) => {
      const hex = Buffer.from(await bytesIn(path)).toString('hex');
      return {contents: `${kernelBytes}\nconst hex = '${hex}';\nexport {kernelBytes};`};
    });
  },
};

/** As a text into the build. Edge runtimes that take the build for Node have no Buffer. */
function kernelBytes() {
  if (typeof Buffer === 'undefined') return Uint8Array.from(hex.match(/../g), (byte) => Number.parseInt(byte, 16));
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

async function bytesIn(path) {
  const {outputFiles} = await esbuild.build({entryPoints: [path], bundle: true, write: false, format: 'esm'});
  const decoder = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return decoder.kernelBytes();
}
