import fc from 'fast-check';
import {tensorflowBackend} from '../../backends/tensorflow';
import {TensorflowProcess} from '../hosts/tensorflow';
import {describeWithTfjsNode} from '../hosts/tfjs_node';
import {fuzzCase} from './arbitrary';
import {fuzzParameters} from './parameters';
import {verdict} from './verdict';

describeWithTfjsNode('fuzzing tensorflow', () => {
  test('any call gives the right result or a clear error, and leaves nothing behind', async () => {
    const tensorflow = await TensorflowProcess.start('in JavaScript');
    try {
      await fc.assert(
        fc.asyncProperty(fuzzCase, async (fuzzed) => {
          const wrong = verdict(fuzzed, await tensorflow.call('fuzz', fuzzed), tensorflowBackend.bounds);
          if (wrong) throw new Error(wrong);
        }),
        fuzzParameters('tensorflow', 500),
      );
    } finally {
      await tensorflow.stop();
    }
  });
});
