import fc from 'fast-check';
import {tensorflowBackend} from '../../backends/tensorflow';
import {TensorflowProcess} from '../hosts/tensorflow';
import {describeWithTfjsNode} from '../hosts/tfjs_node';
import {fuzzCase, layerCase} from './arbitrary';
import {fuzzParameters} from './parameters';
import {verdict} from './verdict';

describeWithTfjsNode('fuzzing tensorflow', () => {
  test.each([
    ['any call', fuzzCase, 500],
    ['any loss of a last layer', layerCase, 200],
  ] as const)('%s gives the right result or a clear error, and leaves nothing behind', async (name, cases, runs) => {
    const tensorflow = await TensorflowProcess.start('in JavaScript');
    try {
      await fc.assert(
        fc.asyncProperty(cases, async (fuzzed) => {
          const wrong = verdict(fuzzed, await tensorflow.call('fuzz', fuzzed), tensorflowBackend.bounds);
          if (wrong) throw new Error(wrong);
        }),
        fuzzParameters(`tensorflow, ${name}`, runs),
      );
    } finally {
      await tensorflow.stop();
    }
  });
});
