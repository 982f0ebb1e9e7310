import {tensorflowBackend} from '../../../backends/tensorflow';
import * as reference from '../../../kernels/reference';
import {PRODUCTS_OF_PROBABILITIES} from '../../../kernels/reference_table';
import {Random} from '../../cases/random';
import {TensorflowProcess, tensorflowHost} from '../../hosts/tensorflow';
import {describeWithTfjsNode} from '../../hosts/tfjs_node';
import {ulpError, worst} from '../../ulp';
import {describeConformance} from '../conformance';

const {bounds} = tensorflowBackend;

describeWithTfjsNode('tensorflow', () => {
  describe.each(['in JavaScript', 'by TensorFlow'] as const)('tensors held %s', (held) => {
    let tensorflow: TensorflowProcess;
    const host = () =>
      tensorflowHost(held, (process) => {
        tensorflow = process;
      });
    describeConformance('tensorflow', host, tensorflowBackend);
    afterAll(() => tensorflow?.stop());
  });

  test('install() gives tf.softmax our accuracy, uninstall() takes it back', async () => {
    const logits = Float32Array.from({length: 1000}, (_, i) => ((i * 37) % 1000) / 10 - 50);
    const tensorflow = await TensorflowProcess.start('by TensorFlow');
    const {routed, ours, stock, installed, uninstalled} = await tensorflow.call('install', logits);
    await tensorflow.stop();
    const error = (y: Float32Array) => worst(y, reference.softmax(logits), ulpError).error;
    expect(routed).toContain('tf.softmax');
    expect(error(ours)).toBeLessThanOrEqual(bounds.softmax);
    expect(error(stock)).toBeGreaterThan(bounds.softmax);
    expect(installed).toEqual(ours);
    expect(uninstalled).toEqual(stock);
  });

  test('after install() TensorFlow itself computes tf.softmax of large tensors, and install() says so', async () => {
    const tensorflow = await TensorflowProcess.start('by TensorFlow');
    const run = (size: number) =>
      tensorflow.call(
        'install',
        Float32Array.from({length: size}, (_, i) => ((i * 37) % 1000) / 10 - 50),
      );
    const most = await run(1 << 18);
    expect(most.installed).toEqual(most.ours);
    expect(most.installed).not.toEqual(most.stock);
    const more = await run((1 << 18) + 1);
    expect(more.installed).toEqual(more.stock);
    expect(more.installed).not.toEqual(more.ours);
    await tensorflow.stop();
    expect(more.notRouted).toEqual([
      {name: 'tf.softmax on tensorflow', reason: expect.stringContaining('more than 262,144 elements')},
      {name: 'tf.logSoftmax on tensorflow', reason: expect.stringContaining('gradient of more than 262,144 elements')},
    ]);
  });

  test.each([
    {op: 'softmax', rows: 132, byTensorFlow: ['Softmax', 'Mul', 'Sum', 'Sub', 'Mul']},
    {op: 'logSoftmax', rows: 132, byTensorFlow: ['Softmax', 'Sum', 'Mul', 'Sub']},
    {op: 'softmax', rows: 8, byTensorFlow: []},
    {op: 'logSoftmax', rows: 8, byTensorFlow: []},
  ] as const)(
    'after install() the gradient of tf.$op of $rows rows, by TensorFlow: $byTensorFlow',
    async (expected) => {
      const {op, rows, byTensorFlow} = expected;
      const shape = [rows, 2001];
      const random = new Random(7);
      const [logits, cotangents] = [random.normals(rows * 2001, 3), random.normals(rows * 2001, 1)];
      const tensorflow = await TensorflowProcess.start('by TensorFlow');
      const {values, nativeOps, left} = await tensorflow.call('gradientInstalled', {op, shape, logits, cotangents});
      await tensorflow.stop();
      expect(left).toEqual([0, 0, 0]);
      expect(nativeOps.filter((name) => byTensorFlow.some((one) => one === name))).toEqual(byTensorFlow);
      const y = reference.alongAxis(shape, 1, [logits], reference.softmax);
      const {value, magnitude} = PRODUCTS_OF_PROBABILITIES[op === 'softmax' ? 'softmaxProduct' : 'logSoftmaxVjp'];
      const exact = reference.alongAxis(shape, 1, [y, cotangents], value);
      const size = reference.alongAxis(shape, 1, [y, cotangents], magnitude);
      // TensorFlow's softmax is some 20 ULP off here, its sums are floats.
      const bound = byTensorFlow.length > 0 ? 64 : bounds.product;
      const errors = exact.map((e, i) => Math.abs(values[i]! - e) / (size[i]! * 2 ** -24));
      expect(errors.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(bound);
    },
  );

  test('the report says what runs, with the version of TensorFlow', async () => {
    const tensorflow = await TensorflowProcess.start('in JavaScript');
    await tensorflow.stop();
    expect(tensorflow.runs).toMatch(/TensorFlow \d+\.\d+\.\d+/);
  });
});
