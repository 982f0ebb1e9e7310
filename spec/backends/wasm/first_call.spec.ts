import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/**
 * What the first call of a program finds done. The modules are fresh, as in a program that has just imported them; counted is what
 * WebAssembly is asked for.
 */
test('after install() the first softmax compiles nothing and makes no instance', async () => {
  await tf.setBackend('wasm');
  const {Module, Instance} = WebAssembly;
  const made: string[] = [];
  const counted = <T extends object>(name: string, original: T) =>
    new Proxy(original, {
      construct(target, args) {
        made.push(name);
        return Reflect.construct(target as never, args);
      },
    });
  Object.assign(WebAssembly, {Module: counted('module', Module), Instance: counted('instance', Instance)});
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
      uninstall();
    });
  } finally {
    Object.assign(WebAssembly, {Module, Instance});
  }
});
