import {type BrowserPage, open} from '../../hosts/browser';
import type {Functions} from '../../pages/threads';

const entry = 'spec/pages/threads.ts';

describe('a page that is cross-origin isolated', () => {
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await open<Functions>({entry, crossOriginIsolated: true});
  });
  afterAll(() => page?.close());

  test('has as many threads as tfjs', async () => {
    const {runs, threads} = await page.run('start', {cores: 6});
    expect(runs).toMatch(/^WebAssembly \(relaxed\), in place on tfjs's memory, on up to 3 threads$/);
    expect(threads).toBe(3);
  });

  test.each([2, 3, 8])('%d threads give what one gives, bit by bit, and touch nothing else', async (threads) => {
    const {wrong, taken, shared, left} = await page.run('compare', {seed: 7000 * threads, cases: 24, threads});
    expect(wrong).toEqual([]);
    expect(taken).toHaveLength(threads);
    expect(Math.min(...taken)).toBeGreaterThan(0);
    expect(shared).toBeGreaterThan(0); // more on a machine that is free
    expect(left).toBe(0);
  });

  test('the threads of a backend that is removed end, and the next one has others', async () => {
    const {stopped, taken} = await page.run('removed', undefined);
    expect(stopped).toBe(1);
    expect(Math.min(...taken)).toBeGreaterThan(0);
  });

  test('a page that was frozen goes on with its threads', async () => {
    const {taken: before} = await page.run('load', {calls: 1, threads: 2});
    await page.setLifecycle('frozen');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await page.setLifecycle('active');
    let taken = before;
    while (taken[1]! <= before[1]!) {
      const load = await page.run('load', {calls: 200, threads: 2});
      expect(load.wrong).toBe(0);
      taken = load.taken;
    }
  });

  test('two pages at once: right results, and all calls end', async () => {
    const other = await open<Functions>({entry, crossOriginIsolated: true});
    try {
      await other.run('start', {cores: 4});
      const loads = await Promise.all([page, other].map((each) => each.run('load', {calls: 3000, threads: 2})));
      expect(loads.map(({wrong}) => wrong)).toEqual([0, 0]);
      for (const {taken} of loads) expect(Math.min(...taken)).toBeGreaterThan(0);
    } finally {
      await other.close();
    }
  });

  test.each([
    {name: 'dies', change: ['run(chunk);', 'run(chunk); close(); for (;;) {}']},
    {name: 'is frozen', change: ['run(chunk);', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);']},
  ] as {name: string; change: [string, string]}[])(
    'a thread that $name in the middle of a chunk is given up',
    async ({change}) => {
      const {same, isDone, failure, warnings} = await page.run('alone', {count: 3, change});
      expect({same, isDone}).toEqual({same: true, isDone: false});
      expect(failure).toMatch(/not finished its part within 2 seconds/);
      expect(warnings).toHaveLength(1);
    },
  );
});

test.each([
  {
    name: 'a content security policy without workers from blobs',
    policy: "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
    failure: /^a thread failed: the page does not allow workers from a blob$/,
  },
  {
    name: 'trusted types',
    policy: "require-trusted-types-for 'script'",
    failure: /^no thread can be started: .*TrustedScriptURL/,
  },
  {
    name: 'a policy that allows blobs, as tfjs needs it',
    policy: "script-src 'self' 'wasm-unsafe-eval' blob:; worker-src blob:",
    failure: null,
  },
])('under $name', async ({policy, failure}) => {
  const page = await open<Functions>({
    entry,
    crossOriginIsolated: true,
    headers: {'Content-Security-Policy': policy},
    expectedErrors: /Content Security Policy|TrustedScriptURL/,
  });
  try {
    const result = await page.run('alone', {count: 2});
    expect(result).toMatchObject({same: true, isDone: true});
    if (failure) expect(result.failure).toMatch(failure);
    else expect(result.failure).toBeNull();
    expect(result.warnings).toHaveLength(failure ? 1 : 0);
    expect(result.taken[1]! > 0).toBe(failure === null);
  } finally {
    await page.close();
  }
});

test('a page that is not isolated has one thread, and says what it lacks', async () => {
  const page = await open<Functions>({entry});
  try {
    const {runs, threads} = await page.run('start', {cores: 8});
    expect(runs).toMatch(
      /on one thread: tfjs's memory is not shared; a page with the headers COOP: same-origin and COEP/,
    );
    expect(threads).toBe(1);
  } finally {
    await page.close();
  }
});
