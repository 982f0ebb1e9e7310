import type {Functions} from '../pages/smoke';
import {type BrowserPage, open} from './browser';

describe.each([false, true])('a page in Chromium, cross-origin isolated: %s', (crossOriginIsolated) => {
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await open<Functions>({entry: 'spec/pages/smoke.ts', crossOriginIsolated});
  });
  afterAll(() => page.close());

  it('is isolated exactly if asked for', async () => {
    expect(await page.run('isolated', undefined)).toBe(crossOriginIsolated);
  });

  it.each(['cpu', 'wasm', 'webgl'])('computes on %s, with typed arrays going in and out', async (backend) => {
    const {backend: ran, values} = await page.run('stockSoftmax', {backend, logits: Float32Array.of(0, Math.log(3))});
    expect(ran).toBe(backend);
    expect(Object.prototype.toString.call(values)).toBe('[object Float32Array]');
    expect(values[0]).toBeCloseTo(0.25, 6);
    expect(values[1]).toBeCloseTo(0.75, 6);
  });

  it('surfaces what the page logs as an error', async () => {
    await expect(page.run('logAnError', undefined)).rejects.toThrow('deliberate');
    expect(await page.run('isolated', undefined)).toBe(crossOriginIsolated);
  });

  it('says which functions there are if one is missing', async () => {
    await expect(page.run('nothing' as 'isolated', undefined)).rejects.toThrow('stockSoftmax');
  });
});

test('a browser that is not there fails, and says what to do', async () => {
  const before = process.env.CHROME_PATH;
  process.env.CHROME_PATH = '/nowhere/chrome';
  try {
    await expect(open({entry: 'spec/pages/smoke.ts'})).rejects.toThrow('CHROME_PATH is /nowhere/chrome');
  } finally {
    if (before === undefined) delete process.env.CHROME_PATH;
    else process.env.CHROME_PATH = before;
  }
});
