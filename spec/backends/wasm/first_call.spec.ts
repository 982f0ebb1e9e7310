import {kernelsRun} from '../../hosts/wasm_kernels';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/**
 * What the first call of a program finds done. The modules are fresh, as in a program that has just imported them; counted are
 * modules and instances of the kernels, not those that tell what the host can do.
 */
test('after install() the first softmax compiles nothing and makes no instance', async () => {
  await tf.setBackend('wasm');
  const {Module, Instance} = WebAssembly;
  const made: string[] = [];
  const isKernels = (module: WebAssembly.Module) => Module.exports(module).some(({name}) => name === 'softmaxLongRows');
  Object.assign(WebAssembly, {
    Module: new Proxy(Module, {
      construct(target, [bytes]: [BufferSource]) {
        const module = new target(bytes);
        if (isKernels(module)) made.push('module');
        return module;
      },
    }),
    Instance: new Proxy(Instance, {
      construct(target, [module, imports]: [WebAssembly.Module, WebAssembly.Imports]) {
        if (isKernels(module)) made.push('instance');
        return new target(module, imports);
      },
    }),
  });
  try {
    await jest.isolateModulesAsync(async () => {
      const {install, uninstall} = await import('../../../install/install');
      const {wasmBackend} = await import('../../../backends/wasm');
      install();
      for (let i = 0; i < 5000 && !made.includes('instance'); i++)
        await new Promise((resolve) => setTimeout(resolve, 1));
      expect(made).toContain('instance');
      const before = [...made];
      const result = wasmBackend.forward(
        {
          ...{kind: 'softmax', x: tf.tensor1d([0, 0]), rows: {outer: 1, n: 2, inner: 1}, scale: 1, mask: null},
          outputShape: [2],
        },
        tf.backend() as never,
      );
      expect([...tf.engine().makeTensorFromTensorInfo(result).dataSync()]).toEqual([0.5, 0.5]);
      expect(made).toEqual(before);
      expect(kernelsRun()).toHaveLength(1); // and plain TypeScript did not do it
      uninstall();
    });
  } finally {
    Object.assign(WebAssembly, {Module, Instance});
  }
});
