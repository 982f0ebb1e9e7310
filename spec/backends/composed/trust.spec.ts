import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {backendReport, logSumExp, rankBackends, softmax, softmaxVjp} from '../../../index';
import {isOfFamily} from '../../../kernels/names';

/** tfjs's cpu backend under another name, with one kernel of tfjs's own that is wrong. */
function registerWith(name: string, wrong: string, distort: (values: Float32Array) => void): void {
  tf.registerBackend(name, () => new MathBackendCPU(), 0);
  for (const config of tf.getKernelsForBackend('cpu')) {
    if (isOfFamily(config.kernelName) || config.kernelName.startsWith('Differentiable')) continue;
    const kernelFunc: tf.KernelFunc = (parameters) => {
      const result = config.kernelFunc(parameters);
      if (config.kernelName === wrong) {
        const {dataId} = result as tf.TensorInfo;
        distort((parameters.backend as MathBackendCPU).data.get(dataId).values as Float32Array);
      }
      return result;
    };
    tf.registerKernel({...config, backendName: name, kernelFunc});
  }
}

const zeros = (values: Float32Array) => values.fill(0);

test.each(['Exp', 'Sum', 'Max', 'Sub', 'RealDiv', 'Log', 'Log1p', 'Equal'])(
  'a backend whose %s gives zeros is not trusted: ops throw, the report says FAIL, rankings put it out',
  async (kernel) => {
    const name = `without ${kernel}`;
    registerWith(name, kernel, zeros);
    await tf.setBackend(name);
    const before = tf.memory().numTensors;
    for (const compute of [() => softmax([1, 2]), () => logSumExp([1, 2]), () => softmaxVjp([1, 2], [1, 0])]) {
      expect(compute).toThrow(/combined from tfjs's own, which are wrong here: .* gives .* is right\. Choose/);
    }
    expect(tf.memory().numTensors).toBe(before);
    const {backends} = await backendReport();
    expect(backends.find((entry) => entry.name === name)).toMatchObject({check: 'FAIL'});
    const {candidates} = await rankBackends(
      {op: 'softmax', shape: [4, 4]},
      {candidates: [name, 'cpu'], remember: false},
    );
    expect(candidates.find(({backend}) => backend === name)!.out).toContain('wrong result');
    await tf.setBackend('cpu');
    tf.removeBackend(name);
  },
);

test('one that is right is tried once', async () => {
  let sums = 0;
  registerWith('right', 'Sum', () => {
    sums++;
  });
  await tf.setBackend('right');
  softmax([1, 2]).dispose();
  const atFirst = sums;
  expect(atFirst).toBeGreaterThan(1);
  softmax([1, 2]).dispose();
  expect(sums).toBe(atFirst + 1);
  await tf.setBackend('cpu');
  tf.removeBackend('right');
});
