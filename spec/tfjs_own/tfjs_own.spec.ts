import '@tensorflow/tfjs'; // chained ops, all gradients, cpu
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {install, uninstall} from '../../index';
import {type BrowserPage, open} from '../hosts/browser';
import {NEVER_ON_THE_CPU} from '../hosts/in_browser';
import type {Functions, OwnResult} from '../pages/tfjs_own';
import {namesOfOwnSpecs} from './define';
import {defineInJest} from './in_jest';
import {jasmineCode, ownSpecs} from './sources';

describe.each(['cpu', 'wasm'])("tfjs's own specs after install(), on %s", (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
    install();
  });
  afterAll(() => uninstall());

  defineInJest();
});

describe.each([
  ['SwiftShader', false],
  ['hardware', true],
])(
  "tfjs's own specs after install(), on webgl in Chromium, reductions cut as for %s",
  (_renderer, cutAsForHardware) => {
    const codes = ownSpecs().map(({code}) => code);
    const names = codes.flatMap(namesOfOwnSpecs);
    let page: BrowserPage<Functions>;
    let results: OwnResult[];

    beforeAll(async () => {
      page = await open<Functions>({entry: 'spec/pages/tfjs_own.ts', cutAsForHardware});
      const outcome = await page.run('run', {
        jasmineCode: jasmineCode(),
        codes,
        backend: 'webgl',
        flags: NEVER_ON_THE_CPU,
      });
      expect(outcome.backend).toBe('webgl');
      expect(outcome.kernels).toEqual(['softmax', 'logSoftmax', 'logSumExp']);
      results = outcome.results;
    });
    afterAll(() => page.close());

    test('all of them ran', () => {
      expect(results.map(({name}) => name)).toEqual(names);
    });

    test.each(names.map((name, i) => [name, i] as const))('%s', (_, i) => {
      expect(results[i]!.failures).toEqual([]);
    });
  },
);
