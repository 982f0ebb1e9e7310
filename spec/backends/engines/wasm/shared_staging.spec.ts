import {planForward, planLoss, planProduct} from '../../../../backends/engines/wasm/plan';
import {runStaged} from '../../../../backends/engines/wasm/staging';
import type {Threads} from '../../../../backends/engines/wasm/threads';
import {Random} from '../../../cases/random';

const rows = {outer: 300, n: 1000, inner: 1};
const x = new Random(1).normals(rows.outer * rows.n, 5);
const softmax = planForward('softmax', rows, 1, null);

type Fresh = typeof import('../../../../backends/engines/wasm/shared_staging');

/** The functions afresh, on a machine of so many cores. */
async function onCores(
  cores: number,
  test: (fresh: Fresh, threads: typeof Threads) => void | Promise<void>,
): Promise<void> {
  const parallelism = jest.spyOn(process.getBuiltinModule('node:os'), 'availableParallelism').mockReturnValue(cores);
  try {
    await jest.isolateModulesAsync(async () => {
      const {Threads: fresh} = await import('../../../../backends/engines/wasm/threads');
      const started: Threads[] = [];
      const stop = jest.spyOn(fresh.prototype, 'stop').mockImplementation(function (this: Threads) {
        started.push(this);
      });
      await test(await import('../../../../backends/engines/wasm/shared_staging'), fresh);
      stop.mockRestore();
      for (const threads of started) threads.stop();
    });
  } finally {
    parallelism.mockRestore();
  }
}

function staged(plan: typeof softmax, size: number, second: Float32Array | null = null): Float32Array {
  const out = new Float32Array(size);
  runStaged(plan, x, out, second);
  return out;
}

/** Bit by bit; jest's own comparison takes seconds. */
function expectSame(a: Float32Array, b: Float32Array): void {
  const bytes = ({buffer, byteOffset, byteLength}: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
  expect(bytes(a).equals(bytes(b))).toBe(true);
}

/** Of several threads: as soon as another one is there. */
async function runShared({runOnThreads}: Fresh, ...args: Parameters<Fresh['runOnThreads']>): Promise<Float32Array> {
  for (;;) {
    const result = runOnThreads(...args);
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test.each([0, 4])('threads give what one gives, at %d bytes beyond a multiple of 64', async (offset) => {
  await onCores(4, async (fresh) => {
    const {stagingThreads} = fresh;
    expect(stagingThreads()).toBe(4);
    const y = await runShared(fresh, softmax, x, null, null, offset);
    expect(y.byteOffset % 64).toBe(offset);
    expectSame(y, staged(softmax, x.length));
    const product = planProduct('softmaxProduct', rows, 1);
    expectSame(await runShared(fresh, product, x, x, null, offset), staged(product, x.length, x));
    const total = planLoss({rows, sparse: false, smoothing: 0, total: 1e-5});
    const [sum] = await runShared(fresh, total, x, x, null, offset);
    const [exact] = staged(total, 1, x);
    expect(Math.abs(sum! / exact! - 1)).toBeLessThan(1e-6);
    expect(stagingThreads()).toBe(4);
  });
});

test('where no other thread is there yet, null', async () => {
  await onCores(4, ({runOnThreads, partsOfStaging}) => {
    expect(runOnThreads(softmax, x, null, null, 0)).toBeNull();
    expect(partsOfStaging()).toEqual([0, 0, 0, 0]);
  });
});

test('with few cores there are no threads', async () => {
  await onCores(3, ({runOnThreads, stagingThreads}) => {
    expect(runOnThreads(softmax, x, null, null, 0)).toBeNull();
    expect(stagingThreads()).toBe(1);
  });
});

test.each(['grow', 'getBuiltinModule'] as const)('without %s, null', async (missing) => {
  const from = (missing === 'grow' ? WebAssembly.Memory.prototype : process) as unknown as Record<string, unknown>;
  const original = from[missing];
  await onCores(4, ({runOnThreads}) => {
    from[missing] = missing === 'grow' ? refuse : undefined;
    try {
      expect(runOnThreads(softmax, x, null, null, 0)).toBeNull();
    } finally {
      from[missing] = original;
    }
  });
});

function refuse(): never {
  throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
}

test('threads that were cut off are replaced', async () => {
  await onCores(4, async (fresh, threads) => {
    await runShared(fresh, softmax, x, null, null, 0);
    const run = jest.spyOn(threads.prototype, 'run').mockImplementation(function (this: Threads) {
      this.busy = true;
      throw new Error('cut off');
    });
    await expect(runShared(fresh, softmax, x, null, null, 0)).rejects.toThrow('cut off');
    run.mockRestore();
    expect(threads.prototype.stop).toHaveBeenCalledTimes(0);
    expectSame(await runShared(fresh, softmax, x, null, null, 0), staged(softmax, x.length));
    expect(threads.prototype.stop).toHaveBeenCalledTimes(1);
  });
});
