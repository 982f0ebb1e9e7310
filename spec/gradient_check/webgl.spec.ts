/**
 * The family and a dozen of tfjs's ops on webgl, in a page. Not sin and cos, which GPUs approximate: SwiftShader's values have a
 * derivative that is half a percent off the cosine.
 */
import {type BrowserPage, open} from '../hosts/browser';
import type {Functions} from '../pages/gradients';
import {FAMILY} from './ops';

let page: BrowserPage<Functions>;
beforeAll(async () => {
  page = await open<Functions>({entry: 'spec/pages/gradients.ts'});
  await page.run('start', undefined);
});
afterAll(() => page.close());

test.each(Object.keys(FAMILY))('%s', async (name) => {
  const {text, ok, left} = await page.run('checkAtOnce', name);
  if (!ok) throw new Error(text);
  expect(left).toBe(0);
});

test.each([
  'mul',
  'div',
  'square',
  'sqrt',
  'log',
  'atan',
  'relu',
  'sigmoid',
  'matMul',
  'mean',
  'tf.logSumExp',
  'maxPool',
])('tfjs: %s, asynchronously', async (name) => {
  const {text, ok, left} = await page.run('check', {kind: 'stock', name, seed: 1});
  if (!ok) throw new Error(text);
  expect(left).toBe(0);
});

test.each(['a factor of 1.01', 'a forgotten cotangent', '1 % in one of a thousand squares'])(
  'found: %s',
  async (name) => {
    expect((await page.run('check', {kind: 'planted', name, seed: 1})).ok).toBe(false);
  },
);
