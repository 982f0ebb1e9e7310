/** What stands between the markers of README.md and the docs, made from the committed results. */
import type {DropInResult} from '../drop_in/figures';
import {type ChartRow, chartRow} from '../report/answer';
import {answerChart, type Colours, digits} from '../report/answer_chart';
import {machineName} from '../report/machine_name';
import {markdownTable} from '../report/markdown';
import {threadsTable} from '../report/tables';
import {OP_NAMES, type OpName} from '../suite/ops';
import {NOISE_LIMIT, type Report} from '../suite/report';
import {shapeName} from '../suite/shapes';
import {geometricMean} from '../suite/statistics';
import {noise, type Standing, standings} from '../suite/summary';
import {dropInTable, inTraining} from './drop_in';
import {type Result, resultOf} from './results';

/** In the order of tables. */
const BACKENDS = ['wasm', 'cpu', 'tensorflow', 'webgl', 'webgpu'];
/** Beside tfjs; tfjs's own ops have their errors on each backend. */
const LIBRARIES = ['onnxruntime-web', 'onnxruntime-node', 'jax-js', 'transformers.js'];
/** Where the charts lie, beside README.md. */
export const CHARTS = {light: 'docs/figures/speed-light.svg', dark: 'docs/figures/speed-dark.svg'};

/** Texts by the names of their markers. */
export function blocks(results: Result[], dropIn: DropInResult[]): Record<string, string> {
  return {
    'drop-in': dropInTable(dropIn),
    'in-training': inTraining(dropIn),
    headline: headline(results),
    chart: chart(results),
    speed: speed(results),
    accuracy: accuracy(results),
    peers: peers(results),
    machines: machines(results),
    threads: threads(results),
  };
}

/** Of one thread where threads can be told: how many there are is a matter of its own. */
function stockOn(results: Result[], backend: string): Standing[] {
  const report = resultOf(results, backend);
  if (!report) return [];
  return standings(report).filter((one) => one.backend === backend && one.peer === 'stock' && (one.threads ?? 1) === 1);
}

function meanOn(results: Result[], backend: string): string {
  return digits(geometricMean(stockOn(results, backend).map(({mean}) => mean)));
}

function headline(results: Result[]): string {
  const places = BACKENDS.filter((name) => resultOf(results, name));
  const of = (machine: string) => places.filter((name) => machineOf(results, name) === machine);
  const parts = [...new Set(places.map((name) => machineOf(results, name)))].map((machine) => {
    const times = of(machine).map((name) => `${meanOn(results, name)} times on ${name}`);
    return `${listed(times)} (${machine})`;
  });
  const [ours, stock] = ['ours', 'stock'].map((peer) => worst(results, 'logSoftmax', peer, BACKENDS));
  return (
    `**Faster than stock TensorFlow.js: ${parts.join(', ')}.** These are geometric means over five ops and all ` +
    `measured shapes. **More exact:** the log-softmax of this package is off by ${ulps(ours!)} ULP at most, the one of ` +
    `stock by up to ${ulps(stock!)}.`
  );
}

/** Without runtime and date. */
function machineOf(results: Result[], backend: string): string {
  const {machine} = resultOf(results, backend)!;
  const name = machineName({machine});
  return machine.gpu && !machine.softwareGpu ? name.split(',')[0]! : name.split(', ').slice(0, 2).join(', ');
}

function listed(parts: string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** Ops of the chart: one that stock has a kernel for, one that it composes, and a gradient. */
const CHARTED: OpName[] = ['softmax', 'logSoftmax', 'gradSoftmax'];

function chartRows(results: Result[]): ChartRow[] {
  return BACKENDS.flatMap((backend) =>
    stockOn(results, backend)
      .filter(({op}) => CHARTED.includes(op))
      .map((standing) => ({...chartRow(standing), group: `${backend}, ${machineOf(results, backend)}`})),
  );
}

export function chartSvg(results: Result[], colours: Colours): string {
  return answerChart(chartRows(results), altOf(results), colours);
}

function altOf(results: Result[]): string {
  const parts = chartRows(results).map(({group, label, mean}) => `${label} on ${group.split(',')[0]} ${digits(mean)}`);
  return `Time of stock TensorFlow.js divided by the time of this package: ${parts.join(', ')}`;
}

function chart(results: Result[]): string {
  return (
    `<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="${CHARTS.dark}">\n` +
    `  <img alt="${altOf(results)}" src="${CHARTS.light}" width="340" align="right">\n</picture>`
  );
}

/** Geometric means of stock's time over that of ours, and the least of them. */
function speed(results: Result[]): string {
  const rows = BACKENDS.flatMap((backend) => {
    const of = stockOn(results, backend);
    if (of.length === 0) return [];
    return [[backend, ...OP_NAMES.map((op) => cell(of.find((one) => one.op === op)))]];
  });
  const sources = new Map(
    BACKENDS.flatMap((backend) => {
      const report = resultOf(results, backend);
      return report ? [[report, BACKENDS.filter((name) => resultOf(results, name) === report)] as const] : [];
    }),
  );
  const captions = [...sources].map(([report, backends]) => captionOf(report, backends));
  return (
    `${markdownTable({head: ['backend', ...OP_NAMES], rows})}\n\n` +
    'Time of stock divided by the time of this package: the geometric mean over all shapes, and in brackets the worst shape, bold ' +
    `where stock is faster. ${captions.join(' ')}`
  );
}

function cell(standing: Standing | undefined): string {
  if (!standing) return '';
  const {mean, least, spread} = standing;
  const isNoisy = spread !== null && spread > NOISE_LIMIT;
  const [all, worstOne] = [digits(mean), digits(least)];
  return `${isNoisy ? '~' : ''}${all} (${Number(worstOne) < 1 ? `**${worstOne}**` : worstOne})`;
}

function captionOf(report: Report, backends: string[]): string {
  const {cases, plan} = report;
  const shapes = cases.filter(({backend}) => backends.includes(backend)).map(({shape}) => shapeName(shape));
  const different = [...new Set(shapes)];
  const names =
    different.length > 8 ? `${different.length} shapes, ${different[0]} to ${different.at(-1)}` : different.join(', ');
  const {ratios, noisy} = noise(report);
  const doubt =
    ratios === 0
      ? ''
      : `; in ${noisy} of ${ratios} ratios the two halves of the run differ by more than 15 % (~: the mean does)`;
  return `${listed(backends)}: ${machineName(report)}, ${names}, logits ${plan.distribution}${doubt}.`;
}

function worst(results: Result[], op: OpName, peer: string, backends: string[]): number | null {
  const errors = backends.flatMap((backend) =>
    (resultOf(results, backend)?.cases ?? [])
      .filter((one) => one.op === op && one.backend === backend)
      .flatMap(({entries}) => entries.filter((entry) => entry.peer === peer).map(({ulp}) => ulp))
      .filter((ulp) => ulp !== null),
  );
  return errors.length > 0 ? Math.max(...errors) : null;
}

function ulps(error: number | null): string {
  if (error === null) return '';
  return error >= 10_000 ? `${Number(error.toPrecision(2)).toLocaleString('en-US')}` : digits(error);
}

/** The worst error over all backends and shapes. */
function accuracy(results: Result[]): string {
  const names = ['ours', 'stock', 'textbook', ...LIBRARIES];
  const rows = OP_NAMES.map((op) => [op, ...names.map((name) => ulps(worst(results, op, name, BACKENDS)))]);
  const some = names.map((_, i) => rows.some((row) => row[i + 1] !== ''));
  const kept = (row: string[]) => row.filter((_, i) => i === 0 || some[i - 1]);
  return (
    `${markdownTable({head: kept(['op', ...names]), rows: rows.map(kept)})}\n\n` +
    'Worst error against float64 in the same runs, over all backends and shapes, in ULP; for gradients in ULP of the largest term of the row.'
  );
}

/** Libraries beside ours on wasm, one thread. */
function peers(results: Result[]): string {
  const report = resultOf(results, 'wasm');
  const of = report ? standings(report).filter(({backend, threads}) => backend === 'wasm' && (threads ?? 1) === 1) : [];
  const names = ['stock', 'textbook', ...LIBRARIES].filter((name) => of.some(({peer}) => peer === name));
  const rows = OP_NAMES.map((op) => [
    op,
    ...names.map((name) => cell(of.find((one) => one.op === op && one.peer === name))),
  ]);
  const proofs = (report?.peers ?? []).map(
    ({name, package: own, version, provider}) => `${name}: ${own} ${version} on ${provider}`,
  );
  return (
    `${markdownTable({head: ['op', ...names], rows})}\n\n` +
    'Time divided by the time of this package on wasm with one thread: the geometric mean over all shapes, and in brackets the ' +
    `worst shape, bold where the other library is faster. Each library runs in a process of its own: ${proofs.join('; ')}.`
  );
}

/** All results side by side. */
function machines(results: Result[]): string {
  const rows = results.map(({file, report}) => {
    const {plan, cases} = report;
    const stock = standings(report).filter(({peer}) => peer === 'stock');
    const mean = (op: OpName) => {
      const of = stock.filter((one) => one.op === op);
      return of.length > 0 ? of.map((one) => `${one.backend} ${digits(one.mean)}`).join(', ') : '';
    };
    return [
      `${machineName(report)} (${file})`,
      plan.backends.join(', '),
      `${cases.length}`,
      mean('softmax'),
      mean('logSoftmax'),
    ];
  });
  return markdownTable({head: ['machine', 'backends', 'cases', 'softmax, stock over ours', 'logSoftmax'], rows});
}

/** Where a result has more than one thread. */
function threads(results: Result[]): string {
  const tables = results.flatMap(({report}) => {
    const table = threadsTable(report);
    return table ? [`${machineName(report)}:\n\n${markdownTable(table)}`] : [];
  });
  return tables.join('\n\n') || 'No committed result has more than one thread.';
}
