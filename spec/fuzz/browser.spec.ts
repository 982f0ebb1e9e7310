import fc from 'fast-check';
import {webglBackend} from '../../backends/webgl';
import {type BrowserPage, open} from '../hosts/browser';
import type {Functions} from '../pages/fuzz';
import {fuzzCase} from './arbitrary';
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

  test('any call gives the right result or a clear error, and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(fuzzCase, async (fuzzed) => {
        const wrong = verdict(fuzzed, await page.run('run', fuzzed), webglBackend.bounds);
        if (wrong) throw new Error(wrong);
      }),
      fuzzParameters(`webgl, cut as for ${renderer}`, 150),
    );
  });
});
