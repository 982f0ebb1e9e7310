import {type BrowserPage, open} from '../../hosts/browser';
import type {Functions, Use} from '../../pages/webgl';

/** tfjs's ENGINE_COMPILE_ONLY: programs are compiled in parallel, nothing is drawn, and inputs stay where they are. */
describe.each([
  ['SwiftShader', false],
  ['hardware', true],
])('parallel compilation, reductions cut as for %s', (_, cutAsForHardware) => {
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await open<Functions>({entry: 'spec/pages/webgl.ts', cutAsForHardware});
    await page.run('start', {flags: {WEBGL_SIZE_UPLOAD_UNIFORM: 4}});
  });
  afterAll(() => page.close());

  const USES: Use[] = [
    {op: 'softmax', shape: [3, 70], packed: 'not in a texture'},
    {op: 'softmax', shape: [3, 70], mask: [70], packed: 'not in a texture'},
    {op: 'logSoftmax', shape: [2, 3, 300], axis: 1, packed: 'not in a texture'},
    {op: 'logSumExp', shape: [5, 300], packed: 'not in a texture'},
    {op: 'softmaxProduct', shape: [2, 2000], packed: 'not in a texture'},
    {op: 'gradSoftmax', shape: [3, 300], packed: 'not in a texture'},
    {op: 'gradLogSoftmax', shape: [3, 300], packed: 'not in a texture'},
    {op: 'crossEntropy', shape: [3, 300], packed: 'not in a texture'},
    {op: 'sparseCrossEntropy', shape: [3, 300], packed: 'not in a texture'},
    {op: 'crossEntropyGradient', shape: [3, 300], packed: 'not in a texture'},
    {op: 'sparseCrossEntropyGradient', shape: [3, 300], packed: 'not in a texture'},
  ];

  test.each(USES)('$op of $shape: compiled ahead, it compiles nothing when used', async (use) => {
    const {compiled, values, expected} = await page.run('compileAhead', use);
    expect(compiled).toBe(0);
    expect(values.length).toBeGreaterThan(0);
    expect(values).toEqual(expected);
  });
});
