import * as tf from '@tensorflow/tfjs-core';
import {copy} from '../../benchmarks/peers/copy';
import {ours} from '../../benchmarks/peers/ours';
import {stock} from '../../benchmarks/peers/stock';
import {candidateOf} from '../../benchmarks/suite/candidate';
import {realClock} from '../../benchmarks/suite/clock';
import {VARIANTS} from '../../benchmarks/suite/costs';
import {interleave} from '../../benchmarks/suite/interleave';
import {OP_NAMES, type OpName} from '../../benchmarks/suite/ops';
import type {Peer} from '../../benchmarks/suite/peer';
import {workload} from '../../benchmarks/suite/workload';
import {NEVER_ON_THE_CPU, startWebGPU, uncapturedErrors, watchDispatches} from '../hosts/webgpu';

beforeAll(() => startWebGPU(NEVER_ON_THE_CPU));
afterEach(() => expect(uncapturedErrors()).toEqual([]));

const clock = realClock();
const made = (op: OpName, shape: [number, number] = [8, 1000]) =>
  workload({op, shape, distribution: 'normal:3', madeBy: 'op'});
const enter = async (peer: Peer, of = made('softmax')) => candidateOf(await peer.prepare(of), peer, of, clock);

test.each(OP_NAMES)(
  '%s on webgpu: checked, its dispatches counted as the cost model has them, timed by two clocks',
  async (op) => {
    const candidate = await enter(ours(), made(op));
    const {dispatched, stop} = watchDispatches();
    const {fault, ulp, launches, gpuMs, firstCallMs} = await candidate.check();
    stop();
    const model = VARIANTS.find((one) => one.op === op && one.peer === 'ours' && one.backends === 'webgpu')!;
    expect({fault, launches, of: new Set(dispatched)}).toMatchObject({fault: null, launches: model.launches!.software});
    expect(ulp).toBeLessThan(6);
    expect(firstCallMs).toBeGreaterThan(0);
    expect(gpuMs).toBeGreaterThan(0);
    const [series] = await interleave([candidate], 0.05, {...clock, sampleMs: 0.1});
    expect(series).toMatchObject({fault: null});
    expect(series!.rounds.length).toBeGreaterThanOrEqual(5);
    await candidate.dispose();
  },
);

test('stock launches more', async () => {
  const candidate = await enter(stock(), made('logSoftmax'));
  expect((await candidate.check()).launches).toBe(6);
  await candidate.dispose();
});

test.each([[[8, 1000]], [[3, 17]], [[1, 300_001]]] as [number, number][][])(
  'the copy of %j copies, in one dispatch',
  async (shape) => {
    const of = made('softmax', shape);
    const peer = copy();
    const runner = await peer.prepare(of);
    const out = await runner.run(1);
    const copied = Float32Array.from(await runner.read(out));
    runner.release(out);
    expect(copied).toEqual(of.inputs[1].x);
    const {launches, fault} = await candidateOf(runner, peer, of, clock).check();
    expect({launches, fault}).toEqual({launches: 1, fault: null});
    runner.dispose();
    expect(tf.memory().numTensors).toBe(0);
  },
);
