import {html} from '../../benchmarks/report/html';
import {json} from '../../benchmarks/report/json';
import {markdown} from '../../benchmarks/report/markdown';
import {here} from '../../benchmarks/suite/candidate';
import type {Lab} from '../../benchmarks/suite/lab';
import type {Peer} from '../../benchmarks/suite/peer';
import type {Plan, Report} from '../../benchmarks/suite/report';
import {runSuite} from '../../benchmarks/suite/run_suite';
import {noiseStatement, ratioText, standings} from '../../benchmarks/suite/summary';
import {peerOf, rightResult, SimulatedClock} from './simulated';

const PLAN: Plan = {
  ops: ['softmax', 'logSumExp'],
  shapes: [
    [4, 10],
    [2, 100],
  ],
  backends: ['simulated'],
  peers: ['stock', 'broken'],
  distribution: 'normal:3',
  inputs: 'op',
  threads: [1],
  seconds: 4,
};

const NOTHING = {script: '', style: ''};

function labOf(clock: SimulatedClock, peers: Peer[]): Lab {
  return {
    machine: {
      date: '2026-01-01T00:00:00.000Z',
      processor: 'a simulated one',
      cores: 1,
      runtime: 'jest',
      system: 'none',
      gpu: 'SwiftShader',
      softwareGpu: true,
      versions: {'tfjs-softmax': '0.0.0'},
      flags: ['</script><b>'],
    },
    backends: [{name: 'simulated', runs: 'nothing', mostThreads: null}],
    peers: [],
    missing: [{name: 'someone', reason: 'is not installed'}],
    clock,
    activate: async () => peers.map((peer) => here(peer, clock)),
    close: () => {},
  };
}

async function run(stockMs: (callsSoFar: number) => number): Promise<Report> {
  const clock = new SimulatedClock();
  let calls = 0;
  const peers = [
    peerOf('ours', clock, () => 2),
    peerOf('stock', clock, () => stockMs(calls++)),
    peerOf('copy', clock, () => 1),
    peerOf(
      'broken',
      clock,
      () => 1,
      (of, which) => rightResult(of, which).fill(0.3),
    ),
  ];
  return runSuite(labOf(clock, peers), PLAN);
}

describe('the figures', () => {
  let report: Report;
  beforeAll(async () => {
    report = await run(() => 6);
  });

  it('are those of the clock: time, traffic, ratio, and a share of the copy', () => {
    const {entries} = report.cases.find(({op, shape}) => op === 'softmax' && shape[1] === 10)!;
    const [ours, stock] = entries;
    expect(ours).toMatchObject({peer: 'ours', ratio: 1, firstCallMs: 2, fault: null});
    expect(ours!.nsPerElement).toBeCloseTo(2e6 / 40);
    expect(ours!.gbPerSecond).toBeCloseTo((8 * 40) / 2e6);
    expect(ours!.percentOfCopy).toBeCloseTo(50);
    expect(stock).toMatchObject({ratio: 3, halves: [3, 3], ms: {median: 6, p20: 6, p80: 6}});
  });

  it('leave out who is broken, and say why', () => {
    for (const {entries} of report.cases) {
      const broken = entries.find(({peer}) => peer === 'broken');
      expect(broken).toMatchObject({ms: null, ratio: null, ulp: null, fault: {mark: 'wrong'}});
    }
    expect(markdown(report)).toContain(
      'broken: wrong in 4 cases (softmax, logSumExp on simulated), not timed. For example softmax 4x10 on simulated: ',
    );
  });

  it('are summed up as geometric means', () => {
    expect(standings(report)).toContainEqual({
      ...{op: 'softmax', backend: 'simulated', threads: null, peer: 'stock'},
      ...{mean: expect.closeTo(3), least: 3, largest: 3, spread: expect.closeTo(0)},
    });
  });

  it('stand in every output with machine, versions, flags, date, notices and costs', () => {
    const outputs = [json(report), markdown(report), html(report, NOTHING)];
    for (const output of outputs) {
      for (const part of ['a simulated one', '2026-01-01', '0.0.0', 'is not installed', 'SwiftShader']) {
        expect(output).toContain(part);
      }
    }
    for (const output of outputs.slice(1)) expect(output).toContain('exp, store and sum');
  });

  it('cannot break out of the HTML that they stand in', () => {
    expect(html(report, NOTHING)).not.toContain('</script><b>');
  });

  it('come back from JSON as they were', () => {
    const {cases, ...rest} = JSON.parse(json(report)) as Report;
    expect({...report, cases: []}).toEqual({...rest, cases: []});
    expect(cases.map(({entries}) => entries[1]!.ratio)).toEqual(report.cases.map(({entries}) => entries[1]!.ratio));
  });
});

describe('noise', () => {
  it('is found by comparing the halves of the run', async () => {
    const quiet = await run((call) => 6 + 0.2 * (call % 3));
    expect(noiseStatement(quiet)).toContain('within 15 %');
    expect(noiseStatement(quiet)).not.toContain('NOISY');
  });

  it('above 15 % is said, and ratios become ranges', async () => {
    const noisy = await run((call) => 6 + 0.03 * call);
    expect(noiseStatement(noisy)).toMatch(/^NOISY: .* of \d+ ratios differ by more than 15 %/);
    const ranges = noisy.cases.flatMap(({entries}) => entries.map(ratioText)).filter((text) => text.includes(' to '));
    expect(ranges.length).toBeGreaterThan(0);
  });
});

describe('a run that is stopped', () => {
  it.each([0, 1, 3, 6])('after %i halves of cases is a valid partial report', async (halves) => {
    const clock = new SimulatedClock();
    const stopped = new AbortController();
    const peers = [peerOf('ours', clock, () => 2), peerOf('stock', clock, () => 6)];
    const report = await runSuite(labOf(clock, peers), PLAN, {
      signal: stopped.signal,
      onProgress: ({done}) => done === halves && stopped.abort(),
    });
    expect(report.complete).toBe(false);
    expect(report.cases).toHaveLength(Math.min(halves, 4));
    for (const {entries} of report.cases) expect(entries.map(({ratio}) => ratio)).toEqual([1, 3]);
    expect(markdown(report)).toContain('partial report');
    expect(html(report, NOTHING)).toContain('partial report');
  });
});
