import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {backendReport, forgetWisdom, rankBackends, selectBackend} from '../../../index';
import {registerFake, SimulatedClock} from '../../hosts/fakes';

const clock = new SimulatedClock(0.1);
const ITEM = {op: 'softmax', shape: [64, 10]} as const;

beforeAll(async () => {
  await tf.setBackend('cpu');
  registerFake('fake', {onKernel: () => clock.pass(1)});
});
beforeEach(() => forgetWisdom());

/** The same properties by getters, each of which answers only once. */
function readOnce<T extends object>(properties: T): {options: T; reads: string[]} {
  const reads: string[] = [];
  const options = {} as T;
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(options, name, {
      get() {
        reads.push(name);
        return reads.filter((one) => one === name).length === 1 ? value : Symbol('read again');
      },
    });
  }
  return {options, reads};
}

test('options and items of a workload are read once', async () => {
  const given = {
    ...{mode: 'measure' as const, candidates: ['fake', 'cpu'], budgetMs: 500, deterministic: false, remember: false},
    ...{onProgress: () => {}, clock: clock.now, startLimitMs: 100},
  };
  const item = readOnce({...ITEM, axis: 0, weight: 2, residency: 'cpu'});
  const ranked = readOnce(given);
  const {candidates} = await rankBackends(item.options, ranked.options);
  expect(candidates[0]!.parts[0]).toMatchObject({op: 'softmax', axis: 0, weight: 2});
  expect(item.reads.sort()).toEqual(['axis', 'op', 'residency', 'shape', 'weight']);
  expect(ranked.reads.sort()).toEqual(Object.keys(given).sort());

  const selected = readOnce({...given, backend: 'fake'});
  expect((await selectBackend(ITEM, selected.options)).backend).toBe('fake');
  expect(selected.reads.sort()).toEqual([...Object.keys(given), 'backend'].sort());
  await tf.setBackend('cpu');

  const reported = readOnce({start: false, startLimitMs: 100});
  await backendReport(reported.options);
  expect(reported.reads.sort()).toEqual(['start', 'startLimitMs']);
});

test('what somebody put on Object.prototype is no option', async () => {
  const polluted = {
    ...{
      mode: 'measure',
      candidates: ['nonesuch'],
      budgetMs: -1,
      deterministic: 1,
      remember: '/dev/full',
      backend: 'none',
    },
    ...{onProgress: 1, clock: 1, startLimitMs: -1, start: 2, axis: 7, weight: 0, residency: 'nowhere'},
  };
  const before = await rankBackends(ITEM);
  for (const [name, value] of Object.entries(polluted)) {
    Object.defineProperty(Object.prototype, name, {value, configurable: true, writable: true});
  }
  try {
    const ranking = await rankBackends({...ITEM});
    expect(ranking.mode).toBe('estimate');
    expect(ranking.candidates.map(({backend}) => backend)).toEqual(before.candidates.map(({backend}) => backend));
    const {candidates} = await rankBackends(
      Object.create({op: 'softmin'}, {op: {value: 'softmax'}, shape: {value: [4]}}),
    );
    expect(candidates[0]!.parts[0]).toMatchObject({op: 'softmax', axis: 0, weight: 1});
    await expect(rankBackends(Object.create(ITEM))).rejects.toThrow('workload: there is no op undefined');
    expect((await selectBackend(ITEM)).best).not.toBe('none');
    expect((await backendReport()).backends.map(({check}) => check)).not.toContain(null);
  } finally {
    for (const name of Object.keys(polluted)) Reflect.deleteProperty(Object.prototype, name);
    await tf.setBackend('cpu');
  }
});

test('whoever changes a shape while it is being measured does not change what is measured', async () => {
  const shape = [64, 10];
  const ranking = rankBackends({op: 'softmax', shape}, {mode: 'measure', candidates: ['fake'], clock: clock.now});
  await import('../../../backends/dispatcher/dispatcher');
  await Promise.resolve();
  shape[1] = -1;
  expect((await ranking).candidates[0]!.parts[0]!.shape).toEqual([64, 10]);
});

test('a shape with a hole, and one that 32 bits do not count, are refused', async () => {
  // biome-ignore lint/suspicious/noSparseArray: that is the mistake
  await expect(rankBackends({op: 'softmax', shape: [2, , 3] as never})).rejects.toThrow(
    'is [2,undefined,3]. It must be',
  );
  await expect(rankBackends({op: 'softmax', shape: [2 ** 40, 0]})).rejects.toThrow(
    'workload: softmax of logits of shape [1099511627776,0] would take 1099511627776 elements or rows. At most',
  );
});

test('an empty name is no file', async () => {
  await expect(rankBackends(ITEM, {remember: ''})).rejects.toThrow("remember is ''. It must be true, false,");
});

test('hosts without a performance global rank, select and report by the time of day', async () => {
  const {performance} = globalThis;
  Reflect.deleteProperty(globalThis, 'performance');
  try {
    expect(globalThis.performance).toBeUndefined();
    const {notes, candidates} = await rankBackends(ITEM, {mode: 'measure', candidates: ['cpu'], budgetMs: 300});
    expect(notes).toEqual([]);
    expect(candidates[0]!.ms).toEqual(expect.any(Number));
    expect((await selectBackend(ITEM, {candidates: ['cpu']})).backend).toBe('cpu');
    expect((await backendReport()).machine.timerResolutionMs).toBeGreaterThan(0);
  } finally {
    Object.assign(globalThis, {performance});
  }
});
