import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {backendReport, forgetWisdom, rankBackends, selectBackend} from '../../../index';
import {registerFake, removeFake, SimulatedClock, stateOfTfjs} from '../../hosts/fakes';

const TASK = {op: 'softmax', shape: [8, 32]} as const;
const WHERE = 'TFJS_SOFTMAX_BACKEND';

const names: string[] = [];
function fake(name: string, faults: Parameters<typeof registerFake>[1]): string {
  registerFake(name, faults);
  names.push(name);
  return name;
}

beforeEach(async () => {
  forgetWisdom();
  await tf.setBackend('cpu');
});
afterEach(async () => {
  delete process.env[WHERE];
  await tf.setBackend('cpu');
  for (const name of names.splice(0)) removeFake(name);
});

const failing = () => {
  throw new Error('no such device');
};
const hanging = () => new Promise<never>(() => {});

describe('what is asked for explicitly wins', () => {
  test.each(['cpu', 'wasm'])('by the option: %s', async (backend) => {
    process.env[WHERE] = 'nonesuch';
    const selection = await selectBackend(TASK, {backend});
    expect(selection).toMatchObject({
      backend,
      best: backend,
      previous: 'cpu',
      why: 'asked for by the option `backend`',
    });
    expect(tf.getBackend()).toBe(backend);
    expect(selection.candidates.map((candidate) => candidate.backend).sort()).toEqual(['cpu', 'wasm']);
    expect(String(selection)).toMatch(new RegExp(`^${backend}: asked for by the option`));
  });

  test.each(['cpu', 'wasm'])('by the environment variable: %s', async (backend) => {
    process.env[WHERE] = backend;
    const selection = await selectBackend(TASK);
    expect(selection.why).toBe(`asked for by the environment variable ${WHERE}`);
    expect(tf.getBackend()).toBe(backend);
  });

  test('then by what is remembered, measuring only what is not', async () => {
    const clock = new SimulatedClock(0.1);
    fake('swift', {onKernel: () => clock.pass(0.1)});
    fake('tardy', {onKernel: () => clock.pass(9)});
    const options = {candidates: ['swift', 'tardy'], clock: clock.now} as const;
    await rankBackends(TASK, {...options, mode: 'measure'});
    const start = clock.now();
    const selection = await selectBackend({...TASK, shape: [8, 33]}, {...options, mode: 'measure'});
    expect(clock.now()).toBe(start);
    expect(selection).toMatchObject({backend: 'swift', why: 'the fastest, as remembered'});
    expect(selection.candidates[0]!.parts[0]!.opMs).toBeCloseTo((0.1 * 33) / 32, 2);
    const other = await selectBackend({...TASK, shape: [8, 320]}, {...options, mode: 'measure'});
    expect(clock.now()).toBeGreaterThan(start);
    expect(other.why).toBe('the fastest, as measured');
  });

  test('an explicit choice that cannot run fails loudly, lists what can, and leaves all as it was', async () => {
    const start = jest.fn(failing);
    fake('failing', {start});
    const before = stateOfTfjs();
    await expect(selectBackend(TASK, {backend: 'failing'})).rejects.toThrow(
      'selectBackend: failing, which the option `backend` asks for, cannot run: it does not start: no such device. ' +
        'Can run: cpu, wasm.',
    );
    expect(start).toHaveBeenCalledTimes(1);
    await expect(selectBackend(TASK, {backend: 'webgl'})).rejects.toThrow(
      "it is not registered with tfjs; import '@tensorflow/tfjs-backend-webgl' first. Can run: cpu, wasm.",
    );
    process.env[WHERE] = 'nonesuch';
    await expect(selectBackend(TASK)).rejects.toThrow(`nonesuch, which the environment variable ${WHERE} asks for,`);
    expect(stateOfTfjs()).toEqual(before);
  });
});

describe('a backend whose start fails or hangs', () => {
  test('is out when measured, with the reason, and the others are measured', async () => {
    fake('failing', {start: () => failing()});
    fake('rejecting', {start: async () => failing()});
    fake('empty', {start: async () => undefined as never});
    fake('hanging', {start: () => hanging()});
    const before = stateOfTfjs();
    const ranking = await rankBackends(TASK, {mode: 'measure', budgetMs: 10_000, startLimitMs: 30});
    const reasons = Object.fromEntries(ranking.candidates.map(({backend, out}) => [backend, out]));
    expect(reasons).toEqual({
      cpu: null,
      wasm: null,
      failing: 'does not start: no such device',
      rejecting: 'does not start: no such device',
      empty: 'does not start: its factory returned no backend',
      hanging: null,
    });
    expect(ranking.candidates.find(({backend}) => backend === 'hanging')).toMatchObject({
      late: 'has not started within 30 ms',
      parts: [{source: 'estimated'}],
    });
    expect(String(ranking)).toContain('not measured yet: has not started within 30 ms');
    expect(ranking.candidates[0]!.parts[0]!.source).toBe('measured');
    expect(stateOfTfjs()).toEqual(before);
  });

  test('takes no time of the budget of the others, when it hangs, and comes last', async () => {
    const clock = new SimulatedClock(0.1);
    fake('hanging', {start: () => hanging()});
    fake('ready', {onKernel: () => clock.pass(1)});
    const candidates = ['hanging', 'ready'];
    const options = {mode: 'measure', budgetMs: 400, startLimitMs: 20, clock: clock.now, candidates} as const;
    const ranking = await rankBackends(TASK, options);
    expect(ranking.candidates).toMatchObject([
      {backend: 'ready', late: null, parts: [{source: 'measured', timing: {samples: 5}}]},
      {backend: 'hanging', out: null, late: 'has not started within 20 ms', parts: [{source: 'estimated'}]},
    ]);
  });

  test('is passed over by selection, in favour of the next', async () => {
    fake('failing', {start: () => failing()});
    fake('hanging', {start: () => hanging()});
    const candidates = ['failing', 'hanging'];
    const options = {candidates, startLimitMs: 20};
    await expect(selectBackend(TASK, options)).rejects.toThrow(
      /no candidate can run\. .*failing: does not start: no such device\..*hanging: has not started within 20 ms\./s,
    );
    expect(tf.getBackend()).toBe('cpu');
    await tf.setBackend('wasm');
    const selection = await selectBackend(TASK, {...options, candidates: [...candidates, 'cpu']});
    expect(selection).toMatchObject({backend: 'cpu', previous: 'wasm'});
  });

  test('is told of where it was the best, once and after the one that was taken', async () => {
    fake('a failing one', {start: () => failing()});
    fake('b', {});
    const {why, best, candidates} = await selectBackend(TASK, {candidates: ['a failing one', 'b']});
    expect({why, best}).toEqual({
      why: 'the next, since a failing one does not start: no such device',
      best: 'b',
    });
    expect(candidates).toMatchObject([
      {backend: 'b', out: null},
      {backend: 'a failing one', out: 'does not start: no such device', ms: null, parts: []},
    ]);
    expect(candidates).toHaveLength(2);
  });

  test('is taken when it comes after all', async () => {
    let arrive = (_: tf.KernelBackend) => {};
    let starts = 0;
    const start = () => {
      starts++;
      return new Promise<tf.KernelBackend>((resolve) => {
        arrive = resolve;
      });
    };
    fake('late', {start});
    await expect(selectBackend(TASK, {backend: 'late', startLimitMs: 10})).rejects.toThrow('within 10 ms');
    await expect(selectBackend(TASK, {backend: 'late', startLimitMs: 10})).rejects.toThrow('within 10 ms');
    const selecting = selectBackend(TASK, {backend: 'late', startLimitMs: Number.POSITIVE_INFINITY});
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(tf.getBackend()).toBe('cpu');
    arrive(new MathBackendCPU());
    await selecting;
    expect(tf.getBackend()).toBe('late');
    expect(starts).toBe(1);
  });
});

describe('at the same time', () => {
  test('selections wait for each other: the last one asked for is active in the end', async () => {
    const selected = await Promise.all(
      ['wasm', 'cpu', 'wasm', 'cpu', 'wasm'].map((backend) => selectBackend(TASK, {backend})),
    );
    expect(selected.map(({backend, previous}) => [previous, backend])).toEqual([
      ['cpu', 'wasm'],
      ['wasm', 'cpu'],
      ['cpu', 'wasm'],
      ['wasm', 'cpu'],
      ['cpu', 'wasm'],
    ]);
    expect(tf.getBackend()).toBe('wasm');
  });

  test('one that fails does not hold up the next', async () => {
    const [first, second] = await Promise.allSettled([
      selectBackend(TASK, {backend: 'nonesuch'}),
      selectBackend(TASK, {backend: 'wasm'}),
    ]);
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
  });

  test('a start that the program waits for ends first, and the selection holds', async () => {
    let started = false;
    fake('slow to start', {
      start: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        started = true;
        return new MathBackendCPU();
      },
    });
    const theirs = tf.setBackend('slow to start');
    expect(() => tf.add(1, 2)).toThrow('has not yet been initialized');
    const selection = await selectBackend(TASK, {backend: 'wasm'});
    expect(await theirs).toBe(true);
    expect(started).toBe(true);
    expect(selection.backend).toBe('wasm');
    expect(tf.getBackend()).toBe('wasm');
    expect(tf.tidy(() => tf.add(1, 2).dataSync()[0])).toBe(3);
  });

  test('ranking while the program starts a backend, that very one too, leaves that start alone', async () => {
    let starts = 0;
    fake('slow to start', {
      start: async () => {
        starts++;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return new MathBackendCPU();
      },
    });
    const theirs = tf.setBackend('slow to start');
    const candidates = ['cpu', 'slow to start'];
    const ranking = await rankBackends(TASK, {mode: 'measure', candidates, budgetMs: 10_000});
    expect(ranking.candidates.map(({parts}) => parts[0]!.source)).toEqual(['measured', 'measured']);
    expect(await theirs).toBe(true);
    expect(tf.getBackend()).toBe('slow to start');
    expect(starts).toBe(1);
  });

  test('a start that the program waits for in vain is given up: ops run again', async () => {
    fake('hanging', {start: () => hanging()});
    const theirs = tf.setBackend('hanging');
    const selection = await selectBackend(TASK, {backend: 'cpu', startLimitMs: 30});
    expect(selection.backend).toBe('cpu');
    expect(tf.tidy(() => tf.add(1, 2).dataSync()[0])).toBe(3);
    void theirs; // never told
  });
});

test('with none but cpu it is cpu', async () => {
  const selection = await selectBackend(TASK, {candidates: ['cpu'], mode: 'measure', budgetMs: 100});
  expect(selection).toMatchObject({backend: 'cpu', why: 'the only candidate that can run'});
});

test('every tensor survives a selection', async () => {
  const mine = tf.tensor2d([[1, 2, 3]]);
  const before = stateOfTfjs();
  await selectBackend(TASK, {backend: 'wasm'});
  expect(mine.dataSync()).toEqual(Float32Array.of(1, 2, 3));
  expect(tf.tidy(() => tf.sum(mine).dataSync()[0])).toBe(6);
  await tf.setBackend('cpu');
  expect(stateOfTfjs()).toEqual(before);
  mine.dispose();
});

describe('backendReport', () => {
  test('starts and checks each backend, and says what is wrong', async () => {
    fake('failing', {start: () => failing()});
    fake('hanging', {start: () => hanging()});
    fake('wrong', {distort: (values) => values.fill(0.5)});
    for (const row of [0, 2, 4])
      fake(`wrong in row ${row}`, {distort: (y) => y.fill(Number.NaN, 5 * row, 5 * row + 1)});
    const before = stateOfTfjs();
    const report = await backendReport({startLimitMs: 30});
    const entries = Object.fromEntries(report.backends.map((entry) => [entry.name, entry]));
    expect(entries.cpu).toMatchObject({started: true, check: 'PASS', problem: null, kernels: 'own'});
    expect(entries.wasm).toMatchObject({started: true, check: 'PASS', problem: null, softwareGpu: false});
    expect(entries.failing).toMatchObject({started: false, check: null, problem: 'does not start: no such device'});
    expect(entries.hanging).toMatchObject({started: false, problem: 'has not started within 30 ms'});
    expect(entries.wrong).toMatchObject({
      started: true,
      check: 'FAIL',
      problem: expect.stringContaining('softmax gives'),
    });
    for (const row of [0, 2, 4]) expect(entries[`wrong in row ${row}`]).toMatchObject({started: true, check: 'FAIL'});
    expect(report).toMatchObject({
      active: 'cpu',
      notRegistered: expect.arrayContaining([{name: 'webgl', package: '@tensorflow/tfjs-backend-webgl'}]),
    });
    expect(report.machine).toMatchObject({runtime: expect.stringMatching(/^Node \d+$/), gpu: null, wasm: {simd: true}});
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(report.machine.timerResolutionMs).toBeGreaterThan(0);
    expect(stateOfTfjs()).toEqual(before);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
