import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {forgetWisdom, rankBackends, selectBackend} from '../../../index';
import {Random} from '../../cases/random';
import {registerFake, SimulatedClock} from '../../hosts/fakes';

/** How good the choices are, on clocks that are simulated; on the real one, benchmarks/dispatcher_choices.ts tells. */

const TASK = {op: 'softmax', shape: [8, 32]} as const;

beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(() => forgetWisdom());

test('on a noisy machine, what is chosen by measuring is hardly ever 1.25 times slower than the best', async () => {
  const random = new Random(17);
  const clock = new SimulatedClock(0.1);
  const base = {one: 1, other: 1};
  for (const name of ['one', 'other'] as const) {
    registerFake(name, {
      onKernel() {
        // One call in fifty is interrupted for up to fifty times as long; all others vary by a fifth.
        const noise = random.uniform() < 0.02 ? random.uniform(1, 50) : random.uniform(1, 1.2);
        clock.pass(base[name] * noise);
      },
    });
  }
  const slow: object[] = [];
  for (let round = 0; round < 40; round++) {
    base.one = 10 ** random.uniform(-1.3, 0.5);
    base.other = base.one * 2 ** random.uniform(-1, 1);
    const options = {mode: 'measure', candidates: ['one', 'other'], clock: clock.now, remember: false} as const;
    const best = (await rankBackends(TASK, options)).best as 'one' | 'other';
    if (base[best] > 1.25 * Math.min(base.one, base.other)) slow.push({round, best, ...base});
  }
  // As one in twenty.
  expect(slow.length <= 2 ? [] : slow).toEqual([]);
});

test('what is slow at first, while an engine still optimises, does not count', async () => {
  const clock = new SimulatedClock(0.001);
  let calls = 0;
  // One call is checked. Samples are of 1, 2, 4, 8 and 16 calls, which are too short to count, and then of 32: five are slow.
  const slowCalls = 1 + (1 + 2 + 4 + 8 + 16) + 5 * 32;
  registerFake('slow at first', {onKernel: () => clock.pass(++calls <= slowCalls ? 0.03 : 0.01)});
  // Time for about twelve samples more: with many, a few slow ones would not show.
  const options = {mode: 'measure', candidates: ['slow at first'], clock: clock.now, budgetMs: 10} as const;
  const {timing} = (await rankBackends(TASK, options)).candidates[0]!.parts[0]!;
  expect(timing!.samples).toBeGreaterThanOrEqual(5);
  expect(timing!.samples).toBeLessThan(20);
  expect(timing!.p80).toBeCloseTo(0.01, 6);
});

test('a pause in the first sample is not taken for a time that the clock can tell', async () => {
  const clock = new SimulatedClock(0.1);
  let calls = 0;
  // The first call is checked. In the second, which is the first sample, the machine pauses for 50 ms.
  registerFake('paused once', {onKernel: () => clock.pass(++calls === 2 ? 50 : 0.002)});
  const options = {mode: 'measure', candidates: ['paused once'], clock: clock.now, budgetMs: 1000} as const;
  const {timing} = (await rankBackends(TASK, options)).candidates[0]!.parts[0]!;
  expect(timing!.median).toBeGreaterThan(0.0018);
  expect(timing!.median).toBeLessThan(0.0022);
});

test.each([{shape: [64, 1000]}, {shape: [12, 128, 128]}, {shape: [1, 50257]}])(
  'by estimate wasm is selected for softmax $shape: a classifier, attention, a vocabulary',
  async ({shape}) => {
    await tf.setBackend('cpu');
    expect((await selectBackend({op: 'softmax', shape}, {remember: false})).backend).toBe('wasm');
    await tf.setBackend('cpu');
  },
);
