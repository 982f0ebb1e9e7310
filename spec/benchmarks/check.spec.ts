import {candidateOf} from '../../benchmarks/suite/candidate';
import {check} from '../../benchmarks/suite/check';
import {interleave} from '../../benchmarks/suite/interleave';
import {OP_NAMES, type OpName} from '../../benchmarks/suite/ops';
import {expected, type Which, type Workload, workload} from '../../benchmarks/suite/workload';
import {rightResult, runnerOf, SimulatedClock} from './simulated';

const workloadOf = (op: OpName, shape: [number, number], distribution: string) =>
  workload({op, shape, distribution, madeBy: 'array'});
const softmax = workloadOf('softmax', [40, 25], 'normal:3');
const both = (of: Workload) => [expected(of, 0), expected(of, 1)] as Parameters<typeof check>[1];
type Kernel = Parameters<typeof runnerOf>[0];
const verdictOf = (kernel: Kernel, of = softmax) => check(runnerOf(kernel, of), both(of), {});

describe('before it is timed', () => {
  test.each(OP_NAMES)('a right kernel passes, with its error: %s', async (op) => {
    for (const logits of ['normal:3', 'uniform:50', 'masked:0.5', 'confident:30', 'offset:10000']) {
      const of = workloadOf(op, [13, 21], logits);
      expect(await verdictOf(rightResult, of)).toEqual({fault: null, ulp: expect.any(Number)});
    }
  });

  it('reports the worst error in ULP, without taking it for a fault', async () => {
    const inexact: Kernel = (of, which) => rightResult(of, which).map((y) => y * (1 + 40 * 2 ** -23));
    const {ulp} = (await verdictOf(inexact)) as {ulp: number};
    expect(ulp).toBeGreaterThan(20);
    expect(ulp).toBeLessThan(81);
  });

  it.each<[string, Kernel, string]>([
    ['a wrong kernel', (of, which) => rightResult(of, which).map((y) => 1.01 * y), 'wrong'],
    ['a kernel wrong in its last element', (of, which) => rightResult(of, which).fill(0.5, -1), 'wrong'],
    ['a kernel that returns another shape', (of, which) => rightResult(of, which).subarray(1), 'wrong'],
    ['a kernel that stops half way', (of, which) => rightResult(of, which).fill(0, 500), 'returned early'],
    ['a kernel that leaves NaN behind', (of, which) => rightResult(of, which).fill(Number.NaN, 30), 'returned early'],
    ['a kernel that does nothing', (of, which) => rightResult(of, which).fill(0), 'returned early'],
    ['a kernel that returns its first result', (of) => rightResult(of, 0), 'cached result'],
    [
      'a kernel that caches from its third call on',
      (of, which, call) => rightResult(of, call < 2 ? which : 1),
      'cached result',
    ],
  ])('%s is marked', async (_, kernel, mark) => {
    const {fault} = await verdictOf(kernel);
    expect(fault?.mark).toBe(mark);
  });

  it('marks a kernel that remembers a right result for each input', async () => {
    const kept = new Map<Which, Float32Array>();
    const remembering: Kernel = (of, which) => {
      if (!kept.has(which)) kept.set(which, rightResult(of, which));
      return kept.get(which)!;
    };
    expect((await verdictOf(remembering)).fault?.mark).toBe('cached result');
  });

  it('marks a kernel whose result comes only after it has returned', async () => {
    const late: Kernel = (of, which) => {
      const out = new Float32Array(1000);
      setTimeout(() => out.set(rightResult(of, which)), 1);
      return out;
    };
    expect((await verdictOf(late)).fault?.mark).toBe('returned early');
  });

  it('finds a last row that was left out among more rows than are compared', async () => {
    const some = [expected(softmax, 0, 100), expected(softmax, 1, 100)] as Parameters<typeof check>[1];
    expect(some[0].rows.size).toBeLessThan(10);
    const incomplete = runnerOf((of, which) => rightResult(of, which).fill(0, -25), softmax);
    expect(await check(incomplete, some, {})).toMatchObject({fault: {mark: 'returned early'}});
  });
});

describe('while it is timed', () => {
  const timed = async (kernel: Kernel) => {
    const clock = new SimulatedClock();
    const results = ([0, 1] as const).map((which) => rightResult(softmax, which));
    const runner = runnerOf(
      (of, which, call) => (call < 3 ? results[which]! : kernel(of, which, call)),
      softmax,
      () => clock.pass(1),
    );
    const candidate = candidateOf(runner, {name: 'someone'}, softmax, clock);
    const [series] = await interleave([candidate], 0.1, clock);
    return series!.fault;
  };

  it('a kernel that goes on computing is not marked', async () => {
    expect(await timed(rightResult)).toBeNull();
  });

  it('a kernel that begins to cache when it is hot is marked', async () => {
    expect((await timed((of) => rightResult(of, 0)))?.mark).toBe('cached result');
  });

  it('a kernel that fails is marked, and ends nothing else', async () => {
    const failing: Kernel = () => {
      throw new Error('out of memory');
    };
    expect(await timed(failing)).toEqual({mark: 'failed', reason: expect.stringContaining('out of memory')});
  });
});
