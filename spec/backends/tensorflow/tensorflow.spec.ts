import {tensorflowBackend} from '../../../backends/tensorflow';
import * as reference from '../../../kernels/reference';
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
    const ops = ['softmax', 'logSoftmax', 'logSumExp', 'losses.softmaxCrossEntropy'];
    expect(more.notRouted).toEqual(
      ops.map((op) => ({
        name: `tf.${op} on tensorflow`,
        reason: expect.stringContaining('more than 262,144 elements'),
      })),
    );
  });

  test('the report says what runs, with the version of TensorFlow', async () => {
    const tensorflow = await TensorflowProcess.start('in JavaScript');
    await tensorflow.stop();
    expect(tensorflow.runs).toMatch(/TensorFlow \d+\.\d+\.\d+/);
  });
});
