import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {costInWords, LARGE_PROBE, moveMs, opMs, SMALL_PROBE} from '../../../backends/dispatcher/cost';
import costs from '../../../backends/dispatcher/costs.json';
import {isMobileRenderer, machine} from '../../../backends/dispatcher/machine';
import {OP_NAMES} from '../../../backends/dispatcher/ops';
import {tasksOf} from '../../../backends/dispatcher/workload';
import {exportWisdom, forgetWisdom, importWisdom, rankBackends} from '../../../index';
import {registerFake, SimulatedClock} from '../../hosts/fakes';

const [TASK] = tasksOf({op: 'softmax', shape: [64, 1000]});

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => forgetWisdom());

test.each(Object.entries(costs))(
  '%s: a figure for each op, and where they are from',
  (_, {ops, from, model, firstCall}) => {
    expect(Object.keys(ops).sort()).toEqual([...OP_NAMES].sort());
    for (const figures of Object.values(ops))
      for (const one of Object.values(figures)) expect(one).toBeGreaterThanOrEqual(0);
    expect(from).toMatch(/measured (on|with) .*\d{4}-\d\d-\d\d|assumed/);
    expect(model).toBeGreaterThan(0);
    expect(firstCall).toBeGreaterThan(0);
  },
);

test('what a probe found here scales calls and elements, within reason, and says so', () => {
  const before = opMs(TASK!, 'cpu');
  const [small, large] = [opMs(SMALL_PROBE, 'cpu'), opMs(LARGE_PROBE, 'cpu')];
  const wisdom = JSON.parse(exportWisdom());
  const probed = (smallMs: number, largeMs: number) => {
    importWisdom(JSON.stringify({...wisdom, probes: {cpu: {smallMs, largeMs}}}));
    return opMs(TASK!, 'cpu');
  };
  expect(probed(2 * small, 2 * large)).toBeCloseTo(2 * before, 6);
  expect(costInWords(TASK!, 'cpu')).toContain('scaled by a probe: calls 2.0, elements 2.0');
  expect(opMs(TASK!, 'cpu', false)).toBe(before); // deterministic
  expect(costInWords(TASK!, 'cpu', false)).not.toContain('probe');
  probed(20 * small, 20 * small + 0.5 * (large - small));
  expect(costInWords(TASK!, 'cpu')).toContain('scaled by a probe: calls 20, elements 0.50)');
  expect(probed(small, 1e6)).toBeLessThan(31 * before);
  expect(costInWords(TASK!, 'cpu')).toContain('calls 1.0, elements 30)');
  expect(probed(small, small)).toBeGreaterThan(0);
});

test('moving is of all inputs there, and of the result back', () => {
  const moved = (op: 'softmax' | 'softmaxJvp' | 'logSumExp') => {
    const [task] = tasksOf({op, shape: [64, 1000], residency: 'cpu'});
    expect(moveMs(task!, 'cpu')).toBe(0);
    return moveMs(task!, 'wasm');
  };
  const {cpu, wasm} = costs;
  const there = (cpu.download.element + wasm.upload.element) * 64_000 * 1e-6;
  const back = (wasm.download.element + cpu.upload.element) * 1e-6;
  expect(moved('softmaxJvp') - moved('softmax')).toBeCloseTo(there, 9);
  expect(moved('softmax') - moved('logSumExp')).toBeCloseTo(back * (64_000 - 64), 9);
});

test('it is found at the first ranking that measures ops, once, and kept in wisdom', async () => {
  const clock = new SimulatedClock(0.005);
  let calls = 0;
  registerFake('probed', {
    onKernel: () => {
      calls++;
      clock.pass(0.1);
    },
  });
  const now = () => {
    clock.pass(0.005); // it moves while it is watched
    return clock.now();
  };
  const options = {mode: 'measure', candidates: ['probed'], clock: now} as const;
  const item = {op: 'softmax', shape: [8, 32]} as const;
  const {numTensors} = tf.memory();
  await rankBackends(item, {...options, budgetMs: 90}); // a tenth of it is too little
  expect(JSON.parse(exportWisdom()).probes).toEqual({});
  await rankBackends(item, options);
  expect(tf.memory().numTensors).toBe(numTensors);
  const {probes} = JSON.parse(exportWisdom());
  expect(probes).toEqual({probed: {smallMs: expect.closeTo(0.1, 2), largeMs: expect.closeTo(0.1, 2)}});
  const first = calls;
  calls = 0;
  await rankBackends(item, options);
  expect(calls).toBeLessThan(first);
  expect(JSON.parse(exportWisdom()).probes).toEqual(probes);
  await rankBackends(() => tf.ones([3]), {...options, name: 'no op'});
  forgetWisdom();
  expect(JSON.parse(exportWisdom()).probes).toEqual({});
  await rankBackends(item, {...options, remember: false});
  expect(JSON.parse(exportWisdom()).probes).toEqual({});
});

test.each<[unknown, string]>([
  [{cpu: {smallMs: 0, largeMs: 1}}, "its probe of 'cpu' must be {smallMs, largeMs}"],
  [{cpu: 3}, "its probe of 'cpu' must be"],
  [[], 'its probes must be an object'],
])('wisdom with probes %p is refused', (probes, message) => {
  const wisdom = JSON.parse(exportWisdom());
  expect(() => importWisdom(JSON.stringify({...wisdom, probes}))).toThrow(message);
});

test.each<[unknown, string]>([
  [[{name: 'a', backends: {cpu: {median: 0, p20: 0, p80: 0, samples: 3}}}], 'has no times'],
  [[{name: '', backends: {}}], "name is ''. It must be a text on one line"],
  [{}, 'its functions must be an array'],
])('wisdom with functions %j is refused', (functions, message) => {
  const wisdom = JSON.parse(exportWisdom());
  expect(() => importWisdom(JSON.stringify({...wisdom, functions}))).toThrow(message);
});

test.each([
  ['ANGLE (Qualcomm, Adreno (TM) 640, OpenGL ES 3.2)', '', true],
  ['Mali-G78', '', true],
  ['PowerVR Rogue GE8320', '', true],
  ['Apple GPU', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148', true],
  ['ANGLE (Apple, Apple M1, OpenGL 4.1)', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)', false],
  ['ANGLE (NVIDIA, NVIDIA GeForce RTX 3060)', '', false],
])('%s in %p is a GPU of a phone: %p', (renderer, userAgent, mobile) => {
  expect(isMobileRenderer(renderer, userAgent)).toBe(mobile);
});

test.each([
  ['Deno', () => Object.assign(globalThis, {Deno: {version: {deno: '2.9.1'}}}), 'Deno 2'],
  ['Bun', () => Object.assign(process.versions, {bun: '1.4.0'}), 'Bun 1'],
  ['Node', () => {}, `Node ${process.versions.node.split('.')[0]}`],
])('%s is called by its name', async (_, pretend, name) => {
  const versions = Object.getOwnPropertyDescriptor(process, 'versions')!;
  Object.defineProperty(process, 'versions', {...versions, value: {...process.versions}});
  pretend();
  try {
    jest.resetModules();
    const fresh = await import('../../../backends/dispatcher/machine');
    expect(fresh.machine().runtime).toBe(name);
  } finally {
    Object.defineProperty(process, 'versions', versions);
    Reflect.deleteProperty(globalThis, 'Deno');
  }
  expect(machine().runtime).toMatch(/^Node \d+$/);
});
