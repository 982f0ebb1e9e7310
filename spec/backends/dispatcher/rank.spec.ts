import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {expectedRows} from '../../../backends/dispatcher/check';
import {costInWords, LARGE_PROBE, opMs, SMALL_PROBE} from '../../../backends/dispatcher/cost';
import type {Item} from '../../../backends/dispatcher/items';
import {settingsOf} from '../../../backends/dispatcher/options';
import type {Job} from '../../../backends/dispatcher/race';
import {rank} from '../../../backends/dispatcher/rank';
import {tasksOf} from '../../../backends/dispatcher/workload';
import {hasOwnKernels} from '../../../backends/registration';
import {
  backendReport,
  exportWisdom,
  forgetWisdom,
  importWisdom,
  type Ranking,
  rankBackends,
  type Workload,
} from '../../../index';
import {registerFake, removeFake, SimulatedClock, stateOfTfjs} from '../../hosts/fakes';

const TASK = {op: 'softmax', shape: [8, 32]} as const;
const byName = (ranking: Ranking, name: string) => ranking.candidates.find(({backend}) => backend === name)!;

beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(() => forgetWisdom());

describe('a workload that is none is refused, with what is allowed', () => {
  test.each<[string, unknown, string]>([
    ['nothing in it', [], 'it is empty'],
    ['no such op', {op: 'softplus', shape: [3]}, "there is no op 'softplus'. Allowed are softmax,"],
    ['no shape', {op: 'softmax'}, 'the shape of softmax is undefined'],
    ['a negative dimension', {op: 'softmax', shape: [2, -1]}, 'the shape of softmax is [2,-1]'],
    ['an axis out of range', {op: 'softmax', shape: [2, 3], axis: 2}, 'softmax: axis 2 is out of range'],
    ['a negative weight', {...TASK, weight: -1}, 'the weight of softmax is -1'],
    ['only weights of 0', {...TASK, weight: 0}, 'all weights are 0'],
    ['an unknown residency', {...TASK, residency: 'moon'}, 'Allowed are cpu, wasm,'],
    ['null', null, 'there is no op undefined'],
  ])('%s', async (_, workload, message) => {
    await expect(rankBackends(workload as Workload)).rejects.toThrow(message);
  });

  test.each([
    [{mode: 'guess'}, "mode is 'guess'. Allowed are 'estimate' and 'measure'"],
    [{budgetMs: Number.NaN}, 'budgetMs is NaN'],
    [{startLimitMs: -1}, 'startLimitMs is -1'],
  ])('options %p', async (options, message) => {
    await expect(rankBackends(TASK, options as object)).rejects.toThrow(message);
  });
});

describe('estimate', () => {
  test('starts nothing, and gives all candidates with what their figures are made of', async () => {
    const ranking = await rankBackends([TASK, {op: 'gradLogSoftmax', shape: [3, 4, 5], axis: 1, weight: 2}]);
    expect(tf.engine().registry.wasm).toBeUndefined();
    expect(ranking.candidates.map(({backend}) => backend).sort()).toEqual(['cpu', 'wasm']);
    for (const {out, ms, parts} of ranking.candidates) {
      expect(out).toBeNull();
      expect(parts.map(({source}) => source)).toEqual(['estimated', 'estimated']);
      expect(ms).toBeCloseTo(parts[0]!.opMs! + 2 * parts[1]!.opMs!, 12);
    }
    expect(ranking.best).toBe(ranking.candidates[0]!.backend);
  });

  test('moving the data counts where they live elsewhere, there and back', async () => {
    const here = byName(await rankBackends(TASK), 'wasm');
    const ranking = await rankBackends({...TASK, residency: 'cpu'});
    expect(byName(ranking, 'cpu').parts[0]!.moveMs).toBe(0);
    expect(byName(ranking, 'wasm').parts[0]!.moveMs).toBeGreaterThan(0);
    expect(byName(ranking, 'wasm').ms).toBeGreaterThan(here.ms!);
    const sum = await rankBackends({...TASK, op: 'logSumExp', residency: 'cpu'});
    expect(byName(sum, 'wasm').parts[0]!.moveMs).toBeLessThan(byName(ranking, 'wasm').parts[0]!.moveMs);
  });

  test('a backend of tfjs without kernels here has the figures of composed ops', () => {
    const [task] = tasksOf(TASK);
    expect(hasOwnKernels('tensorflow')).toBe(false);
    expect(costInWords(task!, 'tensorflow')).toBe(costInWords(task!, 'nonesuch'));
    expect(costInWords(task!, 'cpu')).not.toBe(costInWords(task!, 'nonesuch'));
  });

  test('what is not registered is out, with the package that brings it', async () => {
    const ranking = await rankBackends(TASK, {candidates: ['webgl', 'cpu', 'nonesuch']});
    expect(ranking.best).toBe('cpu');
    expect(byName(ranking, 'webgl').out).toContain("import '@tensorflow/tfjs-backend-webgl' first");
    expect(byName(ranking, 'nonesuch').out).toBe('is not registered with tfjs');
    expect((await rankBackends(TASK, {candidates: ['webgl']})).best).toBeNull();
  });

  test('variables of the program that are elsewhere are told of, since they would move; a function weighs them itself', async () => {
    const variables = [1, 2].map((value) => tf.variable(tf.scalar(value)));
    const notesOf = async (workload: Workload, candidates: string[]) =>
      (await rankBackends(workload, {candidates, mode: 'estimate'})).notes;
    expect(await notesOf(TASK, ['wasm'])).toEqual([
      expect.stringMatching(/^the program has variables on other backends \(2 on cpu\), which move to wasm/),
    ]);
    expect(await notesOf(TASK, ['cpu'])).toEqual([]);
    expect(await notesOf(TASK, ['nonesuch'])).toEqual([]);
    expect(await notesOf(() => 1, ['wasm'])).toEqual([]);
    tf.dispose(variables);
  });

  test('a table for people: the best starred, each with its time, what it is made of, and where that comes from', async () => {
    const text = String(await rankBackends([TASK, {op: 'softmax', shape: [2, 3, 4], axis: 0, weight: 3}]));
    expect(text).toMatch(/^(cpu|wasm): /);
    expect(text).toMatch(/^.*, as estimated, for softmax 8x32 \+ 3 x softmax 2x3x4 axis 0 alone\.\n/);
    expect(text).toMatch(/\n\* {2}(cpu|wasm) +[\d.]+ (µs|ms) +1\.00 x +softmax 8x32/);
    expect(text).toMatch(
      /estimated: [\d.]+ µs \+ 8 rows of 32 at [\d.]+ ns per row and [\d.]+ ns per element \(measured/,
    );
  });
});

test('of rows too long for more than one to be compared it is the last', () => {
  const values = new Float32Array(60_000);
  const rows = expectedRows('softmax', values, values, {outer: 3, n: 20_000, inner: 1});
  expect(rows.map(({outer}) => outer)).toEqual([2]);
});

describe('measure', () => {
  const names: string[] = [];
  const fake = (name: string, faults: Parameters<typeof registerFake>[1]) => {
    registerFake(name, faults);
    names.push(name);
    return name;
  };
  afterEach(() => {
    for (const name of names.splice(0)) removeFake(name);
  });

  test('the active backend, every tensor and the memory are as before', async () => {
    const mine = tf.tidy(() => tf.keep(tf.tensor1d([1, 2, 3])));
    const before = stateOfTfjs();
    const ranking = await rankBackends([TASK, {...TASK, op: 'gradSoftmax'}], {mode: 'measure', budgetMs: 5000});
    expect(byName(ranking, 'wasm').parts.map(({source}) => source)).toEqual(['measured', 'measured']);
    expect(stateOfTfjs()).toEqual(before);
    expect(mine.dataSync()).toEqual(Float32Array.of(1, 2, 3));
    mine.dispose();
  });

  test('ops of the program run on its own backend meanwhile', async () => {
    const ranking = rankBackends(TASK, {mode: 'measure', budgetMs: 5000});
    for (let i = 0; i < 20; i++) {
      expect(tf.getBackend()).toBe('cpu');
      expect(tf.tidy(() => tf.add(1, 2).dataSync()[0])).toBe(3);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await ranking;
  });

  test.each([0.005, 0.1, 1])('a clock that ticks every %p ms does not change the choice', async (resolution) => {
    const clock = new SimulatedClock(resolution);
    const takes = (ms: number) => ({onKernel: () => clock.pass(ms)});
    fake('quick', takes(0.031));
    fake('slower', takes(0.037));
    fake('slow', takes(0.9));
    const candidates = ['slow', 'slower', 'quick'];
    const ranking = await rankBackends(TASK, {mode: 'measure', candidates, clock: clock.now, budgetMs: 2000});
    expect(ranking.candidates.map(({backend}) => backend)).toEqual(['quick', 'slower', 'slow']);
    const {opMs} = byName(ranking, 'quick').parts[0]!;
    expect(opMs).toBeGreaterThan(0.031 * 0.95);
    expect(opMs).toBeLessThan(0.031 * 1.05);
  });

  test('within 10 % of the fastest, the data stay where they are', async () => {
    const clock = new SimulatedClock(0.005);
    fake('fastest', {onKernel: () => clock.pass(0.1)});
    fake('near', {onKernel: () => clock.pass(0.108)});
    const options = {mode: 'measure', candidates: ['fastest', 'near'], clock: clock.now, budgetMs: 500} as const;
    const free = await rankBackends(TASK, options);
    expect(free.best).toBe('fastest');
    await tf.setBackend('near');
    const active = await rankBackends(TASK, options);
    expect(active.best).toBe('near');
    expect(active.why).toBe('within 10 % of fastest, and the data are there');
    fake('not so near', {onKernel: () => clock.pass(0.115)});
    await tf.setBackend('not so near');
    expect((await rankBackends(TASK, {...options, candidates: ['fastest', 'not so near']})).best).toBe('fastest');
    await tf.setBackend('cpu');
  });

  /** By what a probe would have found: so many times the shipped figures. */
  function estimateAt(factors: Record<string, number>): void {
    const wisdom = JSON.parse(exportWisdom());
    const probes = Object.entries(factors).map(([name, factor]) => {
      return [
        name,
        {smallMs: factor * opMs(SMALL_PROBE, name, false), largeMs: factor * opMs(LARGE_PROBE, name, false)},
      ];
    });
    importWisdom(JSON.stringify({...wisdom, probes: Object.fromEntries(probes)}));
  }

  test.each([
    [1.2, 'home', 'the data are there, and elsewhere is estimated to be less than 1.25 times as fast'],
    [1.3, 'elsewhere', 'the fastest, as estimated'],
  ])('estimated to take %p times as long as another, the active one stays or not: %p', async (factor, best, why) => {
    const candidates = ['home', 'elsewhere'].map((name) => fake(name, {}));
    estimateAt({home: factor, elsewhere: 1});
    await tf.setBackend('home');
    expect(await rankBackends(TASK, {candidates})).toMatchObject({best, why});
    // By the shipped figures they are equal, and the first by name is taken.
    expect((await rankBackends(TASK, {candidates, deterministic: true})).best).toBe('elsewhere');
    await tf.setBackend('cpu');
  });

  /** An item of which a call takes 4 ms, the first one too. */
  function simulated(clock: SimulatedClock, more: Partial<Job>, estimatedMs: number | null): Item {
    const job: Job = {
      ...{label: 'a job', chargesFirstCall: true, obstacle: null, firstCallTells: () => true},
      ...{expectedMs: () => 1, compileMs: () => 0, judge: async () => new Map()},
      enter: async (backend) => ({backend, firstMs: 4, run: (calls) => clock.pass(4 * calls), release() {}}),
      ...more,
    };
    return {
      ...{label: 'an item', weight: 1, residency: null, distrustsSoftwareGpus: false, needsFamily: false},
      ...{description: {op: 'function', shape: [], axis: 0, weight: 1}, moveMs: () => 0, recall: () => null},
      ...{remember() {}, bringTo: async () => {}, job: () => job},
      estimate: () => ({ms: estimatedMs, from: 'a guess'}),
    };
  }

  test.each([
    [24, 6],
    [3, 4],
  ])('with a first call of %p ms the mean of ten is %p', async (firstMs, mean) => {
    fake('one', {});
    const clock = new SimulatedClock(0.1);
    const enter: Job['enter'] = async (backend) => ({
      ...{backend, firstMs, release() {}},
      run: (calls) => clock.pass(4 * calls),
    });
    const settings = settingsOf({mode: 'measure', candidates: ['one'], clock: clock.now, calls: 10}, false);
    const {candidates} = await rank([simulated(clock, {enter}, null)], settings, 'always');
    expect(candidates[0]!.ms).toBeCloseTo(mean, 6);
  });

  test.each([
    [1.9, 'active', 'the data are there, and other is estimated to be less than 2 times as fast'],
    [2.1, 'other', 'the fastest, as measured and estimated'],
  ])('estimated at %p times what another was measured to take: %p', async (factor, best, why) => {
    for (const name of ['active', 'other']) fake(name, {});
    await tf.setBackend('active');
    const clock = new SimulatedClock(0.1);
    // One of them is never tried.
    const expectedMs = (backend: string) => (backend === 'active' ? Number.POSITIVE_INFINITY : 1);
    const item = simulated(clock, {expectedMs}, 4 * factor);
    const settings = settingsOf({mode: 'measure', candidates: ['active', 'other'], clock: clock.now}, false);
    const ranking = await rank([item], settings, 'always');
    await tf.setBackend('cpu');
    expect(ranking).toMatchObject({best, why});
  });

  test('where some is measured now, what is remembered of others does not count: the two do not compare', async () => {
    for (const name of ['untried', 'measured']) fake(name, {});
    const clock = new SimulatedClock(0.1);
    const expectedMs = (backend: string) => (backend === 'untried' ? Number.POSITIVE_INFINITY : 1);
    const memory = {median: 1, p20: 1, p80: 1, samples: 9};
    const item = {...simulated(clock, {expectedMs}, 8), recall: () => memory};
    const settings = settingsOf({mode: 'measure', candidates: ['untried', 'measured'], clock: clock.now}, false);
    const sources = (ranking: Ranking) => ranking.candidates.map(({backend, parts}) => [backend, parts[0]!.source]);
    expect(sources(await rank([item], settings, 'always'))).toEqual([
      ['measured', 'measured'],
      ['untried', 'estimated'],
    ]);
    const remembered = await rank([item], settings, 'if new');
    expect(sources(remembered)).toEqual([
      ['measured', 'remembered'],
      ['untried', 'remembered'],
    ]);
  });

  test('a backend that gives a wrong result is out, with the reason; so is one that throws', async () => {
    // Of this task's size only, so that the check of the backend's kernels does not find it before.
    const off = (values: Float32Array) => values.length === 256 && values.fill(values[255]! * 1.01, -1);
    fake('off', {distort: off});
    fake('lost', {distort: (values) => values.fill(Number.NaN, -1)});
    const lostAt = (at: number) => (values: Float32Array) =>
      values.length === 256 && values.fill(Number.NaN, at, at + 1);
    fake('lost at first', {distort: lostAt(0)});
    fake('off elsewhere', {distort: (values) => values.length !== 256 && values.fill(Number.NaN, -1)});
    fake('lost in the middle', {distort: lostAt(4 * 32)});
    fake('broken', {
      onKernel: () => {
        throw new Error('out of order');
      },
    });
    let calls = 0;
    fake('failing later', {
      onKernel: () => {
        if (++calls > 20) throw new Error('context lost');
      },
    });
    const before = stateOfTfjs();
    const ranking = await rankBackends(TASK, {mode: 'measure', budgetMs: 10_000});
    expect(byName(ranking, 'failing later').out).toContain('throws: context lost');
    expect(byName(ranking, 'off').out).toMatch(/^wrong result: softmax 8x32 gives .* is right \(row 7, element 31\)$/);
    expect(byName(ranking, 'lost').out).toContain('gives NaN where');
    expect(byName(ranking, 'off elsewhere').out).toMatch(/^wrong result: .* gives NaN .* variants fail$/);
    expect(byName(ranking, 'lost at first').out).toContain('(row 0, element 0)');
    expect(byName(ranking, 'lost in the middle').out).toContain('(row 4, element 0)');
    expect(byName(ranking, 'broken').out).toContain('throws: out of order');
    expect(byName(ranking, 'off').ms).toBeNull();
    expect(ranking.candidates.slice(0, 2).map(({out}) => out)).toEqual([null, null]);
    expect(stateOfTfjs()).toEqual(before);
    const later = await rankBackends(TASK); // what was found out is remembered
    expect(byName(later, 'off').out).toContain('wrong result');
  });

  test('a backend that throws once is tried again', async () => {
    let isShort = true;
    fake('short of memory', {
      onKernel: () => {
        if (isShort) throw new Error('out of memory');
      },
    });
    const measuring = () => rankBackends(TASK, {mode: 'measure', budgetMs: 5000});
    expect(byName(await measuring(), 'short of memory').out).toContain('throws: out of memory');
    expect(byName(await rankBackends(TASK), 'short of memory').out).toBeNull();
    isShort = false;
    expect(byName(await measuring(), 'short of memory').out).toBeNull();
  });

  test('products of short rows, which cancel almost wholly, are not taken for wrong', async () => {
    const shapes = [2, 3].flatMap((n) => [4, 8, 10, 32, 64].map((rows) => [rows, n]));
    for (const op of ['softmaxJvp', 'softmaxVjp', 'gradSoftmax', 'logSoftmaxJvp', 'logSumExp'] as const) {
      const workload = shapes.map((shape) => ({op, shape}));
      const {candidates} = await rankBackends(workload, {mode: 'measure', budgetMs: 60});
      expect(candidates.map(({backend, out}) => ({backend, out}))).toEqual(
        expect.arrayContaining([
          {backend: 'cpu', out: null},
          {backend: 'wasm', out: null},
        ]),
      );
    }
  });

  test.each([40, 200, 1000])('a budget of %p ms is kept to within 20 %%, and gives an answer', async (budgetMs) => {
    const clock = new SimulatedClock(0.1);
    fake('a', {onKernel: () => clock.pass(0.7)});
    fake('b', {onKernel: () => clock.pass(3)});
    fake('c', {onKernel: () => clock.pass(7)});
    const workload = [TASK, {...TASK, op: 'gradSoftmax'}, {...TASK, op: 'logSumExp', shape: [5, 7]}] as const;
    await backendReport(); // checks them: a ranking would, besides
    const start = clock.now();
    const candidates = ['c', 'b', 'a'];
    const ranking = await rankBackends(workload, {mode: 'measure', candidates, clock: clock.now, budgetMs});
    expect(clock.now() - start).toBeLessThanOrEqual(1.2 * budgetMs);
    expect(ranking.candidates.every(({out, parts}) => out === null && parts.length === 3)).toBe(true);
    if (budgetMs === 1000) expect(ranking.candidates.map(({backend}) => backend)).toEqual(['a', 'b', 'c']);
  });

  test('with no time at all it is estimated, and says why', async () => {
    const ranking = await rankBackends(TASK, {mode: 'measure', budgetMs: 0, candidates: ['cpu']});
    expect(ranking.best).toBe('cpu');
    expect(ranking.candidates[0]!.parts[0]).toMatchObject({
      source: 'estimated',
      from: expect.stringContaining('the budget was too short for one call'),
    });
  });

  test('a clock that stands still is found out', async () => {
    const ranking = await rankBackends(TASK, {mode: 'measure', candidates: ['cpu'], clock: () => 5});
    expect(ranking.candidates[0]!.parts[0]!.from).toContain('the clock did not move');
  });

  test('it shows progress, from 0 to 1, never back', async () => {
    const fractions: number[] = [];
    const doing = new Set<string>();
    await rankBackends([TASK, {...TASK, op: 'logSoftmax'}], {
      mode: 'measure',
      budgetMs: 5000,
      onProgress: (progress) => {
        fractions.push(progress.fraction);
        doing.add(progress.doing);
      },
    });
    expect(fractions[0]).toBe(0);
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(doing).toContain('softmax 8x32: timing wasm');
    expect(doing).toContain('logSoftmax 8x32: trying cpu');
  });

  test('deterministic: never by times or by what is active', async () => {
    const clock = new SimulatedClock(0.1);
    fake('quick', {onKernel: () => clock.pass(0.01)});
    fake('steady', {onKernel: () => clock.pass(1)});
    const candidates = ['steady', 'quick', 'cpu'];
    const first = await rankBackends(TASK, {deterministic: true, candidates});
    expect(first.best).toBe('cpu');
    const measured = {mode: 'measure', clock: clock.now, candidates: ['steady', 'quick']} as const;
    expect((await rankBackends(TASK, measured)).best).toBe('quick');
    await tf.setBackend('steady');
    const second = await rankBackends(TASK, {deterministic: true, mode: 'measure', clock: clock.now, candidates});
    await tf.setBackend('cpu');
    expect(second.candidates).toEqual(first.candidates);
    expect(second.notes).toEqual([expect.stringContaining('deterministic is true')]);
  });
});
