import fc from 'fast-check';
import {webglBackend} from '../../backends/webgl';
import {type BrowserPage, open} from '../hosts/browser';
import type {Functions} from '../pages/fuzz';
import {fuzzCase, layerCase} from './arbitrary';
import type {FuzzCase} from './case';
import {fuzzParameters} from './parameters';
import {verdict} from './verdict';

describe.each([
  ['SwiftShader', false],
  ['hardware', true],
])('webgl, reductions cut as for %s', (renderer, cutAsForHardware) => {
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await open<Functions>({entry: 'spec/pages/fuzz.ts', cutAsForHardware});
    expect(await page.run('start', 'webgl')).toBe('webgl');
  });
  afterAll(() => page?.close());

  test.each([
    [-2e20, -2e20],
    [-3e38, -2e20, -2e20, -1e21],
    [-1e20, -1e20, -1.5e20],
  ])('draws of logits that are all far below 0: %p, %p', async (...values) => {
    const fuzzed: FuzzCase = {
      op: 'categorical',
      gradient: false,
      logits: {as: 'tensor', dtype: 'float32', shape: [values.length], values: values.map(Math.fround)},
      axis: undefined,
      scale: undefined,
      mask: null,
      vector: null,
      keepDims: false,
      offset: undefined,
      loss: null,
      layer: null,
      sampling: {samples: 8, temperature: 1, topK: undefined, topP: 0.9, hard: undefined, seed: 0},
      mistake: null,
    };
    expect(verdict(fuzzed, await page.run('run', fuzzed), webglBackend.bounds)).toBeNull();
  });

  test.each([
    ['any call', fuzzCase, 150],
    ['any loss of a last layer', layerCase, 30],
  ] as const)('%s gives the right result or a clear error, and leaves nothing behind', async (name, cases, runs) => {
    await fc.assert(
      fc.asyncProperty(cases, async (fuzzed) => {
        const wrong = verdict(fuzzed, await page.run('run', fuzzed), webglBackend.bounds);
        if (wrong) throw new Error(wrong);
      }),
      fuzzParameters(`webgl, cut as for ${renderer}, ${name}`, runs),
    );
  });
});
