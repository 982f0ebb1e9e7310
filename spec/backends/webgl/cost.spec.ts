import {type BrowserPage, open} from '../../hosts/browser';
import type {Functions, Use} from '../../pages/webgl';

async function openPage(
  options: Parameters<Functions['start']>[0] = {},
  cutAsForHardware = false,
): Promise<BrowserPage<Functions>> {
  const page = await open<Functions>({entry: 'spec/pages/webgl.ts', cutAsForHardware});
  await page.run('start', options);
  return page;
}

describe('what a call costs on webgl', () => {
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await openPage();
  });
  afterAll(() => page.close());

  describe.each([true, false])('draws, inputs packed: %s', (packed) => {
    const DRAWS: [n: number, reductions: number][] = [
      [10, 1],
      [1008, 1],
      [1009, 1],
      [1024, 1],
      [50257, 2],
      [270_001, 3],
    ];
    describe.each(DRAWS)('rows of %i', (n, reductions) => {
      const shape = [2, n];
      test.each([
        ['softmax', 'softmax', 1],
        ['logSoftmax', 'logSoftmax', 1],
        ['logSumExp', 'logSumExp', 0],
        ['softmaxProduct', 'softmaxProduct', 1],
        ['logSoftmaxJvp', 'logSoftmaxJvp', 1],
        ['logSoftmaxVjp', 'logSoftmaxVjp', 1],
      ] as const)('%s', async (op, kernel, maps) => {
        const observed = await page.run('observe', {op, shape, packed});
        expect(observed.kernels).toEqual([kernel]);
        expect(observed.draws).toBe(reductions + maps);
        expect(observed.packed).toBe(op !== 'logSumExp');
      });
    });

    describe.each(DRAWS.slice(0, -1))('cross-entropy of rows of %i', (n, reductions) => {
      test.each([
        ['crossEntropy', 'crossEntropy'],
        ['sparseCrossEntropy', 'sparseCrossEntropy'],
        ['smoothedSparseCrossEntropy', 'sparseCrossEntropy'],
        ['crossEntropyGradient', 'crossEntropyGradient'],
        ['sparseCrossEntropyGradient', 'sparseCrossEntropyGradient'],
      ] as const)('%s', async (op, kernel) => {
        const observed = await page.run('observe', {op, shape: [2, n], packed});
        expect(observed).toMatchObject({kernels: [kernel], draws: reductions + 1, packed: op.endsWith('Gradient')});
      });
    });

    test.each([0, 1, 2])('along axis %i of three', async (axis) => {
      const observed = await page.run('observe', {op: 'softmax', shape: [6, 10, 15], axis, packed});
      expect(observed).toMatchObject({kernels: ['softmax'], draws: 2});
    });

    describe.each([
      ['one for each logit', [6, 10, 15], [6, 10, 15]],
      ['one for each position', [6, 10, 15], [15]],
      ['one for each row', [6, 10, 15], [6, 10, 1]],
      ['the same for each matrix', [6, 10, 15], [10, 15]],
      ['for a long row', [2, 50257], [50257]],
    ])('a mask costs no draw: %s', (_, shape, mask) => {
      test.each([
        ['softmax', 'maskedSoftmax'],
        ['logSoftmax', 'maskedLogSoftmax'],
        ['logSumExp', 'maskedLogSumExp'],
      ] as const)('%s', async (op, kernel) => {
        for (const axis of shape.map((_, i) => i)) {
          const {draws} = await page.run('observe', {op, shape, axis, packed});
          expect(await page.run('observe', {op, shape, axis, mask, packed})).toMatchObject({kernels: [kernel], draws});
        }
      });
    });

    test.each([
      ['gradSoftmax', ['softmax', 'softmaxProduct']],
      ['gradLogSoftmax', ['logSoftmax', 'logSoftmaxVjp']],
    ] as const)('a gradient is the forward draws and two more: %s', async (op, kernels) => {
      const observed = await page.run('observe', {op, shape: [8, 100], packed});
      expect(observed).toMatchObject({kernels, draws: 4});
    });
  });

  describe('draws, reductions cut as for hardware', () => {
    let hardware: BrowserPage<Functions>;
    beforeAll(async () => {
      hardware = await openPage({}, true);
    });
    afterAll(() => hardware.close());

    /** As many as otherwise for rows of up to 128, and then one more for each reduction. */
    const DRAWS: [shape: number[], reduction: number][] = [
      [[1024, 128], 1],
      [[4096, 8], 1],
      [[8, 128], 1],
      [[64, 1000], 2],
      [[64, 1009], 2],
      [[256, 512], 2],
      [[4, 50257], 3],
    ];
    describe.each(DRAWS)('%p', (shape, reductions) => {
      test.each([
        ['softmax', 1],
        ['logSoftmax', 1],
        ['softmaxProduct', 1],
        ['crossEntropyGradient', 1],
        ['sparseCrossEntropyGradient', 1],
      ] as const)('%s', async (op, maps) => {
        const {draws} = await hardware.run('observe', {op, shape, packed: true});
        expect(draws).toBe(reductions + maps);
      });

      test('gradients share the draws of their reductions', async () => {
        for (const op of ['gradSoftmax', 'gradLogSoftmax'] as const) {
          const {draws} = await hardware.run('observe', {op, shape, packed: true});
          expect(draws).toBe(2 * (reductions + 1));
        }
      });

      test('losses take no draw for what they can merge themselves', async () => {
        const draws = async (op: Use['op']) => (await hardware.run('observe', {op, shape, packed: true})).draws;
        const isLong = shape[1]! > 1024;
        expect(await draws('sparseCrossEntropy')).toBe(isLong ? 3 : 2);
        expect(await draws('crossEntropy')).toBe(isLong ? 5 : shape[1]! > 128 ? 3 : 2);
        expect(await draws('logSumExp')).toBe(shape[1]! > 128 ? reductions : shape[1] === 8 ? 1 : 2);
      });
    });
  });

  test.each([
    ['stockSoftmax', 'softmax'],
    ['stockLogSoftmax', 'logSoftmax'],
  ] as const)('after install(), 2 draws of ours: %s', async (op, kernel) => {
    const {kernels, draws} = await page.run('observeInstalled', {op, shape: [64, 1009], packed: true});
    expect(kernels).toContain(kernel);
    expect(draws).toBe(2);
  });

  test('stock needs 9 draws or more for what takes us 2', async () => {
    const {draws} = await page.run('observe', {op: 'stockSoftmax', shape: [64, 1009], packed: true});
    expect(draws).toBeGreaterThanOrEqual(9);
  });

  test.each([
    'softmax',
    'logSoftmax',
    'logSumExp',
    'gradSoftmax',
    'gradLogSoftmax',
    'crossEntropy',
    'sparseCrossEntropy',
    'crossEntropyGradient',
    'sparseCrossEntropyGradient',
  ] as const)('a new batch size compiles nothing: %s', async (op) => {
    for (const packed of [true, false]) {
      for (const rest of [[37], [6, 37], [7, 37]]) {
        const of = (batch: number): Use => ({op, shape: [batch, ...rest], packed});
        expect((await page.run('observe', of(64))).compiled).toBeLessThanOrEqual(4);
        for (const batch of [1, 2, 3, 31, 1000]) {
          expect((await page.run('observe', of(batch))).compiled).toBe(0);
        }
      }
    }
  });

  test('as for hardware, new batch sizes compile a few forms of each program, and then nothing', async () => {
    const hardware = await openPage({}, true);
    for (const op of ['softmax', 'gradLogSoftmax', 'crossEntropy'] as const) {
      for (const n of [100, 1000]) {
        let compiled = 0;
        for (const batch of [1, 2, 8, 64, 1000]) {
          compiled += (await hardware.run('observe', {op, shape: [batch, n], packed: true})).compiled;
        }
        expect([op, n, compiled <= 16]).toEqual([op, n, true]);
        for (const batch of [4, 48, 900]) {
          const again = await hardware.run('observe', {op, shape: [batch, n], packed: true});
          expect([op, n, batch, again.compiled]).toEqual([op, n, batch, 0]);
        }
      }
    }
    await hardware.close();
  });

  test.each(['softmax', 'logSumExp'] as const)('nor under a mask that is repeated: %s', async (op) => {
    const of = (batch: number): Use => ({op, shape: [batch, 6, 37], mask: [batch, 1, 37], packed: true});
    expect((await page.run('observe', of(64))).compiled).toBeLessThanOrEqual(2);
    for (const batch of [1, 2, 3, 31, 1000]) {
      expect((await page.run('observe', of(batch))).compiled).toBe(0);
    }
  });

  test.each(['softmax', 'logSumExp', 'gradLogSoftmax', 'crossEntropy', 'sparseCrossEntropyGradient'] as const)(
    '1,000 calls hold no more textures: %s',
    async (op) => {
      const {before, after} = await page.run('memory', {op, shape: [16, 1200], packed: true, times: 1000});
      expect(after).toEqual(before);
    },
  );
});

describe('texels per element', () => {
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await openPage({countFetches: true});
  });

  const seen: Record<string, string> = {};
  afterAll(async () => {
    await page.close();
    const lines = Object.entries(seen).map(([name, texels]) => `  ${name}: ${texels}`);
    process.stdout.write(`texels read and written per element:\n${lines.join('\n')}\n`);
  });

  async function perElement(use: Use): Promise<{read: number; written: number}> {
    const {read, written} = await page.run('traffic', use);
    const size = use.shape.reduce((a, b) => a * b, 1);
    const result = {read: read / size, written: written / size};
    const lie = use.packed ? 'packed' : 'unpacked';
    seen[`${use.op} ${use.shape.join('x')} ${lie}`] = `${result.read.toFixed(2)} + ${result.written.toFixed(2)}`;
    return result;
  }

  /** What windows, odd ends and the rest of a square texture add. */
  const MARGIN = 1.03;

  test.each([
    [[64, 1000], 'softmax'],
    [[64, 1009], 'softmax'],
    [[64, 1000], 'logSoftmax'],
    [[12, 128, 128], 'softmax'],
    [[4, 50257], 'softmax'],
  ] as const)('%p %s', async (shape, op) => {
    const unpacked = await perElement({op, shape: [...shape], packed: false});
    expect(unpacked.read).toBeLessThanOrEqual(3);
    expect(unpacked.written).toBeLessThanOrEqual(0.25 * MARGIN);
    const packed = await perElement({op, shape: [...shape], packed: true});
    expect(packed.read).toBeLessThanOrEqual(0.75 * MARGIN);
    expect(packed.written).toBeLessThanOrEqual(0.25 * MARGIN);

    const stock = op === 'softmax' ? 'stockSoftmax' : 'stockLogSoftmax';
    const theirs = await perElement({op: stock, shape: [...shape], packed: true});
    expect(theirs.read + theirs.written).toBeGreaterThan(3 * (packed.read + packed.written));
  });

  test.each([
    // Forward 2 reads and a write; backward the logits or probabilities and the cotangent, twice each, and a write. A
    // texel has four elements, and there are the statistics.
    ['gradSoftmax', 2],
    ['gradLogSoftmax', 2.25],
  ] as const)('%s reads and writes nothing twice that once would do', async (op, read) => {
    const packed = await perElement({op, shape: [64, 1000], packed: true});
    expect(packed.read).toBeLessThanOrEqual(read * MARGIN);
    expect(packed.written).toBeLessThanOrEqual(0.5 * MARGIN);
  });
});
