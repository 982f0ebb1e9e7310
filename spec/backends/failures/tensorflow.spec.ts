import {TensorflowProcess} from '../../hosts/tensorflow';
import {describeWithTfjsNode} from '../../hosts/tfjs_node';
import {expectNothingWrong} from './expected';

const POINTS = [
  'Float32Array',
  'Int32Array',
  'SharedArrayBuffer',
  'Uint8Array',
  'WebAssembly.Instance',
  'WebAssembly.Memory',
  'Worker',
  'backend.readSync',
  'backend.write',
  'binding.createTensor',
  'binding.executeOp',
  'binding.tensorDataSync',
  'memory.grow',
];

describeWithTfjsNode('failures on tensorflow', () => {
  test.each([
    ['in JavaScript', 60],
    ['by TensorFlow', 40],
  ] as const)('tensors held %s', async (held, most) => {
    const tensorflow = await TensorflowProcess.start(held);
    try {
      expectNothingWrong(`tensorflow, tensors held ${held}`, await tensorflow.call('failures', most), POINTS);
    } finally {
      await tensorflow.stop();
    }
  });

  test('the self-check finds a fault in any kernel, and in any other thread', async () => {
    const tensorflow = await TensorflowProcess.start('in JavaScript');
    try {
      const {planted, missed, threads} = await tensorflow.call('planted', undefined);
      expect(planted).toBeGreaterThan(25);
      expect(missed).toEqual([]);
      const wrong = expect.stringMatching(/(on several|each of \d) threads gives/);
      expect(threads).toEqual([null, wrong, wrong]);
    } finally {
      await tensorflow.stop();
    }
  });
});
