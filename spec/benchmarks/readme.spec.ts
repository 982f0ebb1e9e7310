import {readdirSync, readFileSync} from 'node:fs';
import {blocks, CHARTS, chartSvg} from '../../benchmarks/readme/blocks';
import {markersOf, placed} from '../../benchmarks/readme/place';
import {committedDropIn, committedResults} from '../../benchmarks/readme/results';
import {DARK, LIGHT} from '../../benchmarks/report/answer_chart';
import {joined} from '../../benchmarks/report/join';
import type {OpName} from '../../benchmarks/suite/ops';

const results = committedResults();
const texts = blocks(results, committedDropIn());
const documents = ['README.md', 'benchmarks/README.md', ...readdirSync('docs').map((name) => `docs/${name}`)];

describe('figures are those of the committed results: npm run bench:readme writes them', () => {
  test.each(documents.filter((name) => name.endsWith('.md')))('%s', (file) => {
    const document = readFileSync(file, 'utf8');
    expect(placed(document, texts)).toBe(document);
  });

  test('the charts', () => {
    expect(readFileSync(CHARTS.light, 'utf8')).toBe(chartSvg(results, LIGHT));
    expect(readFileSync(CHARTS.dark, 'utf8')).toBe(chartSvg(results, DARK));
  });

  test('docs/drop-in.md has its figures between markers', () => {
    expect(markersOf(readFileSync('docs/drop-in.md', 'utf8'))).toEqual(['drop-in']);
    expect(texts['drop-in']).toMatch(/^\| fit \[128, 10\] on wasm( \| [\d.]+ → [\d.]+){4} \|$/m);
  });

  test('README.md has its figures between markers', () => {
    expect(markersOf(readFileSync('README.md', 'utf8'))).toEqual(
      expect.arrayContaining(['headline', 'chart', 'speed', 'in-training', 'accuracy']),
    );
  });
});

test('a text replaces what is between its markers, and nothing else', () => {
  const document = 'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb';
  expect(placed(document, {x: 'new', y: 'unused'})).toBe('a\n<!-- bench:x -->\nnew\n<!-- /bench:x -->\nb');
  expect(() => placed(document, {y: 'new'})).toThrow('<!-- bench:x --> has a name of no text; there are y');
  expect(() => placed('<!-- bench:x -->', {x: 'new'})).toThrow('is not followed by <!-- /bench:x -->');
});

test('parts of one run are joined, and only such', () => {
  const whole = results.find(({file}) => file === 'node.json')!.report;
  const part = (op: OpName) => ({
    ...whole,
    plan: {...whole.plan, ops: [op], seconds: 2},
    cases: whole.cases.filter((one) => one.op === op),
  });
  const report = joined([part('softmax'), part('logSoftmax')]);
  expect(report.plan).toMatchObject({ops: ['softmax', 'logSoftmax'], shapes: whole.plan.shapes, seconds: 4});
  expect(report.cases).toHaveLength(2 * part('softmax').cases.length);
  const elsewhere = {...part('softmax'), machine: {...whole.machine, processor: 'another'}};
  expect(() => joined([part('softmax'), elsewhere])).toThrow('These are no parts of one run');
});

test('results of a GPU in hardware say where they come from, and a median whose band was not kept has none', () => {
  const webgpu = results.find(({file}) => file === 'webgpu-nvidia-h200.json')!.report;
  const {entries} = webgpu.cases.find(({op, shape}) => op === 'softmax' && `${shape}` === '64,1000')!;
  expect(entries.map(({peer}) => peer)).toEqual(['ours', 'stock', 'copy']);
  expect(entries[0]).toMatchObject({ms: {median: 0.0308, p20: null, p80: null}, gpuMs: 0.0089, ulp: 2.5});
  expect(entries[1]!.ratio).toBeCloseTo(77.4 / 30.8);
});
