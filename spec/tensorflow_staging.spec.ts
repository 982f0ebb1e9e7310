import {Random} from './cases/random';
import {TensorflowProcess} from './hosts/tensorflow';
import type {Held} from './hosts/tensorflow_process';
import {describeWithTfjsNode} from './hosts/tfjs_node';

describeWithTfjsNode('staging on tensorflow', () => {
  describe.each(['in JavaScript', 'by TensorFlow'] as const)('tensors held %s', (held: Held) => {
    let tensorflow: TensorflowProcess;
    beforeAll(async () => {
      tensorflow = await TensorflowProcess.start(held);
    });
    afterAll(() => tensorflow?.stop());

    test('small tensors take no native op', async () => {
      const random = new Random(1);
      const logits = Float32Array.from({length: 33 * 99}, () => random.normal(5));
      for (const op of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
        const ran = await tensorflow.call('call', {op, shape: [33, 99], logits});
        expect(ran).toMatchObject({nativeOps: [], stagedKernel: `${op}LongRows`});
      }
    });
  });
});
