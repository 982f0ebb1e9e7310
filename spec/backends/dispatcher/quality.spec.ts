import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {forgetWisdom, rankBackends, selectBackend} from '../../../index';
import {registerFake, SimulatedClock} from '../../hosts/fakes';

/** How good the choices are, on clocks that are simulated; on the real one, benchmarks/dispatcher_choices.ts tells. */

const TASK = {op: 'softmax', shape: [8, 32]} as const;

beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(() => forgetWisdom());

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
