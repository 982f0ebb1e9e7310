import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {softmaxCrossEntropy} from '../../index';
import golden from '../cases/pytorch/cross_entropy.json';

/** softmaxCrossEntropy beside torch.nn.functional.cross_entropy, whose numbers spec/cases/pytorch/cross_entropy.py makes. */
describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  const described = golden.cases.map((each) => {
    const {classWeights, labelSmoothing, ignoreIndex, reduction, sparse} = each;
    const name = `${sparse ? 'indices' : 'distributions'} of [${golden.inputs[each.input]!.shape}], ${reduction}`;
    const weights = classWeights ? ', class weights' : '';
    return [`${name}${weights}, smoothing ${labelSmoothing}, ignoring ${ignoreIndex}`, each] as const;
  });

  test.each(described)('%s', (_, {input, sparse, loss, cotangent, gradient, ...rest}) => {
    const {shape, logits, indices, distributions} = golden.inputs[input]!;
    const rows = shape.filter((_, i) => i !== 1);
    const options = {...rest, reduction: rest.reduction as 'none' | 'mean' | 'sum', axis: 1};
    const result = tf.tidy(() => {
      const x = tf.tensor(logits, shape);
      const labels = sparse ? tf.tensor(indices, rows, 'int32') : tf.tensor(distributions, shape);
      const losses = softmaxCrossEntropy(labels, x, options);
      const slopes = tf.grad((t) => softmaxCrossEntropy(labels, t, options))(x, tf.tensor(cotangent, losses.shape));
      return {losses: losses.dataSync(), slopes: slopes.dataSync()};
    });
    expectClose(result.losses, loss);
    expectClose(result.slopes, gradient);
  });
});

/** Within 1e-6, of numbers above 1 in relation to them. */
function expectClose(actual: ArrayLike<number>, expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  const errors = expected.map((e, i) => Math.abs(actual[i]! - e) / Math.max(Math.abs(e), 1));
  expect(Math.max(...errors)).toBeLessThan(1e-6);
}
