import {barLines, progressLines} from '../../benchmarks/cli/terminal';
import type {Case, Entry} from '../../benchmarks/suite/report';

const entry = (peer: string, ratio: number): Entry => ({
  ...{peer, ratio, fault: null, ulp: 1, firstCallMs: 1, launches: null, gpuMs: null, gbPerSecond: 1, percentOfCopy: 50},
  ...{ms: {median: 1, p20: 1, p80: 1, samples: 9}, nsPerElement: 1.25 * ratio, halves: null},
});
const last: Case = {
  ...{op: 'softmax', shape: [64, 1000], backend: 'wasm', threads: 2},
  entries: [entry('ours', 1), entry('stock', 2.5), entry('copy', 0.5)],
};

test('piped, each half of a case is a line when it is done, with the time that is left', () => {
  const lines: string[] = [];
  let ms = 0;
  const {show} = progressLines(
    (line) => lines.push(line),
    () => ms,
  );
  show({done: 0, total: 8, label: 'softmax', last: null});
  ms = 20_000;
  show({done: 2, total: 8, label: 'softmax', last});
  ms = 80_000;
  show({done: 8, total: 8, label: 'done', last});
  expect(lines).toEqual([
    '4 cases, each measured in two halves. After each time: how many times as long the others take',
    '2 of 8, 1:00 left: softmax 64x1000 on wasm, 2 threads: ours 1.25 ns per element, stock 2.50',
    '8 of 8, 0:00 left: softmax 64x1000 on wasm, 2 threads: ours 1.25 ns per element, stock 2.50',
  ]);
});

test('bars are linear, and say where they are cut', () => {
  const row = (label: string, mean: number) => ({
    group: 'wasm',
    label,
    mean,
    least: mean,
    largest: mean,
    isNoisy: false,
  });
  const bars = barLines([row('softmax', 2), row('logSoftmax', 6), row('logSumExp', 100)]);
  const lengths = bars.map((line) => line.match(/[█»]+/)?.[0].length);
  expect(lengths.slice(0, 3)).toEqual([6, 18, 36]);
  expect(bars[2]).toContain('» 100 (100)');
  expect(bars[3]).toContain('bars longer than 12 are cut');
  expect(barLines([])).toEqual([]);
});
