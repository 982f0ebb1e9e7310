import '@tensorflow/tfjs-layers'; // tf.logSumExp is differentiated with the gradients that this loads
import fc from 'fast-check';
import {webgpuBackend} from '../../backends/webgpu';
import {pretendHardware} from '../../backends/webgpu/hardware';
import {NEVER_ON_THE_CPU, startWebGPU, uncapturedErrors} from '../hosts/webgpu';
import {fuzzCase, layerCase} from './arbitrary';
import {fuzzParameters} from './parameters';
import {runCase} from './run';
import {verdict} from './verdict';

test.each([
  ['any call', fuzzCase, 300],
  ['any loss of a last layer', layerCase, 60],
] as const)(
  'webgpu: %s gives the right result or a clear error, and leaves nothing behind',
  async (name, cases, runs) => {
    const backend = await startWebGPU(NEVER_ON_THE_CPU);
    pretendHardware(backend, {software: false, threads: 64});
    await fc.assert(
      fc.asyncProperty(cases, async (fuzzed) => {
        const wrong = verdict(fuzzed, await runCase(fuzzed), webgpuBackend.bounds) ?? uncapturedErrors()[0];
        if (wrong) throw new Error(wrong);
      }),
      fuzzParameters(`webgpu, ${name}`, runs),
    );
  },
  300_000,
);
