import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

test('importing starts nothing and measures nothing; nor does looking', async () => {
  const now = jest.spyOn(performance, 'now');
  const {backendReport, exportWisdom, rankBackends, selectBackend} = await import('../../../index');
  expect(now).not.toHaveBeenCalled();
  expect(tf.engine().registry).toEqual({});
  now.mockRestore();

  const report = await backendReport({start: false});
  expect(report.active).toBeNull();
  expect(report.backends.map(({name, started}) => [name, started])).toEqual([
    ['cpu', false],
    ['wasm', false],
  ]);
  await rankBackends({op: 'softmax', shape: [4, 4]});
  expect(tf.engine().registry).toEqual({});
  expect(tf.getBackend()).toBeFalsy();

  // Measuring starts them, and still none is active.
  await rankBackends({op: 'softmax', shape: [4, 4]}, {mode: 'measure', budgetMs: 5000});
  expect(Object.keys(tf.engine().registry).sort()).toEqual(['cpu', 'wasm']);
  expect(tf.getBackend()).toBeFalsy();
  expect(JSON.parse(exportWisdom()).entries).toHaveLength(1);

  // A default start of tfjs's own, wasm here, is waited for, and does not undo the selection.
  const ready = tf.ready();
  expect((await selectBackend({op: 'softmax', shape: [4, 4]}, {backend: 'cpu'})).previous).toBeNull();
  await ready;
  expect(tf.getBackend()).toBe('cpu');
});
