import {kernelsRun} from '../../hosts/wasm_kernels';
import '@tensorflow/tfjs-backend-cpu';
import {cpuBackend} from '../../../backends/cpu';
import {backendReport} from '../../../index';
import {thisProcess} from '../../hosts/this_process';
import {describeConformance} from '../conformance';

/** A host whose content security policy forbids to compile WebAssembly: plain TypeScript, which is more exact yet. */
beforeAll(() => {
  WebAssembly.Module = class {
    constructor() {
      throw new WebAssembly.CompileError('Wasm code generation disallowed by embedder');
    }
  } as unknown as typeof WebAssembly.Module;
});

describeConformance('cpu', () => thisProcess('cpu'), {
  ...cpuBackend,
  bounds: {softmax: 2, logSoftmax: 2, logSumExp: 1, product: 4, rowSum: 2 ** -22},
});

test('no WebAssembly has run, and backendReport says why', async () => {
  expect(kernelsRun()).toEqual([]);
  const {backends} = await backendReport({start: false});
  expect(backends.find(({name}) => name === 'cpu')?.runs).toBe(
    'plain TypeScript in double precision: Wasm code generation disallowed by embedder',
  );
});
