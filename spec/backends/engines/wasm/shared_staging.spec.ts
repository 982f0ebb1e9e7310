import {planForward, planLoss, planProduct} from '../../../../backends/engines/wasm/plan';
import {runStaged} from '../../../../backends/engines/wasm/staging';
import type {Threads} from '../../../../backends/engines/wasm/threads';
import {Random} from '../../../cases/random';

const rows = {outer: 300, n: 1000, inner: 1};
const x = new Random(1).normals(rows.outer * rows.n, 5);
const softmax = planForward('softmax', rows, 1, null);

/** The functions afresh, on a machine of so many cores, whose threads are woken for every job. */
async function onCores(
  cores: number,
  test: (fresh: typeof import('../../../../backends/engines/wasm/shared_staging'), threads: typeof Threads) => void,
): Promise<void> {
  const parallelism = jest.spyOn(process.getBuiltinModule('node:os'), 'availableParallelism').mockReturnValue(cores);
  try {
    await jest.isolateModulesAsync(async () => {
      const {Threads: fresh} = await import('../../../../backends/engines/wasm/threads');
      const started: Threads[] = [];
      const stop = jest.spyOn(fresh.prototype, 'stop').mockImplementation(function (this: Threads) {
        started.push(this);
      });
      const sharing = jest.spyOn(fresh.prototype, 'helpersFor').mockImplementation(() => ({awake: 0, wake: cores}));
      test(await import('../../../../backends/engines/wasm/shared_staging'), fresh);
      stop.mockRestore();
      sharing.mockRestore();
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

test.each([0, 4])('threads give what one gives, at %d bytes beyond a multiple of 64', async (offset) => {
  await onCores(4, ({runOnThreads, stagingThreads}) => {
    expect(stagingThreads()).toBe(4);
    const y = runOnThreads(softmax, x, null, null, offset)!;
    expect(y.byteOffset % 64).toBe(offset);
    expectSame(y, staged(softmax, x.length));
    const product = planProduct('softmaxProduct', rows, 1);
    expectSame(runOnThreads(product, x, x, null, offset)!, staged(product, x.length, x));
    const total = planLoss({rows, sparse: false, smoothing: 0, total: 1e-5});
    const [sum, exact] = [runOnThreads(total, x, x, null, offset)![0]!, staged(total, 1, x)[0]!];
    expect(Math.abs(sum / exact - 1)).toBeLessThan(1e-6);
    expect(stagingThreads()).toBe(4);
  });
});

test('threads take part once they have started', async () => {
  await onCores(4, ({runOnThreads, poolOfStaging}, threads) => {
    (threads.prototype.helpersFor as unknown as jest.SpyInstance).mockRestore();
    const haveOthers = () =>
      poolOfStaging()
        ?.taken.slice(1)
        .some((chunks) => chunks > 0);
    let y: Float32Array | null = null;
    // They start without this thread's event loop; on a busy machine that may take a while.
    for (const start = performance.now(); !haveOthers() && performance.now() - start < 60_000; ) {
      y = runOnThreads(softmax, x, null, null, 0);
    }
    expect(haveOthers()).toBe(true);
    expectSame(y!, staged(softmax, x.length));
  });
});

test('where no other thread is to take part, null', async () => {
  await onCores(4, ({runOnThreads, poolOfStaging}, threads) => {
    jest.spyOn(threads.prototype, 'helpersFor').mockReturnValue({awake: 0, wake: 0});
    expect(runOnThreads(softmax, x, null, null, 0)).toBeNull();
    expect(poolOfStaging()!.taken).toEqual([0, 0, 0, 0]);
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
  await onCores(4, ({runOnThreads}, threads) => {
    runOnThreads(softmax, x, null, null, 0);
    const run = jest.spyOn(threads.prototype, 'run').mockImplementation(function (this: Threads) {
      this.busy = true;
      throw new Error('cut off');
    });
    expect(() => runOnThreads(softmax, x, null, null, 0)).toThrow('cut off');
    run.mockRestore();
    expect(threads.prototype.stop).toHaveBeenCalledTimes(0);
    expectSame(runOnThreads(softmax, x, null, null, 0)!, staged(softmax, x.length));
    expect(threads.prototype.stop).toHaveBeenCalledTimes(1);
  });
});
