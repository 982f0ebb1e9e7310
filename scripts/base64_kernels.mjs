/** An esbuild plugin: backends/engines/wasm/bytes.ts with the binary in base64. */
import esbuild from 'esbuild';

export const base64Kernels = {
  name: 'base64 kernels',
  setup(build) {
    build.onLoad({filter: /engines[\\/]wasm[\\/]bytes\.ts$/}, async ({path}) => {
      const base64 = Buffer.from(await bytesIn(path)).toString('base64');
      return {contents: `${kernelBytes}\nconst base64 = '${base64}';\nexport {kernelBytes};`};
    });
  },
};

/** As a text into the build. Edge runtimes that take the build for Node have no Buffer. */
function kernelBytes() {
  if (typeof Buffer === 'undefined') return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

async function bytesIn(path) {
  const {outputFiles} = await esbuild.build({entryPoints: [path], bundle: true, write: false, format: 'esm'});
  const decoder = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return decoder.kernelBytes();
}
