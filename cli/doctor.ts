import {Presets, SingleBar} from 'cli-progress';
import Table from 'cli-table3';
import colors from 'picocolors';
import type {BackendEntry, Selection} from 'tfjs-softmax';
import {adviceOf} from './advice';
import {circumstances} from './circumstances';
import type {Diagnosis} from './diagnosis';
import {freshMemoryNotes} from './fresh_memory';
import {asIssue} from './issue';
import {loadPackages} from './packages';
import {WORKLOAD} from './workload';

/** A second for each of the ops that are timed: on a busy machine medians want many samples. */
const BUDGET_MS = 1000 * WORKLOAD.length;

/** For people in a terminal, as JSON, or as Markdown to be pasted into an issue. */
export type Format = 'text' | 'json' | 'report';

/** Prints what runs here and how fast. @returns the exit code: 0 if a backend could be chosen and none gives wrong results */
export async function doctor(format: Format): Promise<number> {
  const diagnosis = await diagnose();
  process.stdout.write(await written(diagnosis, format));
  const {selection, report} = diagnosis;
  return selection !== null && report.backends.every(({check}) => check !== 'FAIL') ? 0 : 1;
}

async function diagnose(): Promise<Diagnosis> {
  const tf = await import('@tensorflow/tfjs-core').catch(() => {
    throw new Error('@tensorflow/tfjs-core is not installed here. Run npm install @tensorflow/tfjs-core first.');
  });
  tf.env().set('PROD', true); // tfjs would advertise tfjs-node here
  const packages = await loadPackages();
  const {backendReport, selectBackend} = await import('tfjs-softmax');
  const report = await backendReport();
  const bar = new SingleBar(
    {format: '{bar} {percentage} % | {doing}', stream: process.stderr, clearOnComplete: true, hideCursor: true},
    Presets.shades_classic,
  );
  bar.start(100, 0, {doing: ''});
  let selection: Selection | null = null;
  let failure: string | null = null;
  try {
    selection = await selectBackend(WORKLOAD, {
      mode: 'measure',
      budgetMs: BUDGET_MS,
      onProgress: ({fraction, doing}) => bar.update(Math.round(100 * fraction), {doing}),
    });
  } catch (error) {
    failure = (error as Error).message;
  } finally {
    bar.stop();
  }
  return {report, packages, selection, failure, advice: adviceOf(report, packages)};
}

async function written(diagnosis: Diagnosis, format: Format): Promise<string> {
  if (format === 'json') return `${JSON.stringify(diagnosis, null, 1)}\n`;
  if (format === 'text') return `${inWords(diagnosis)}\n`;
  return asIssue(diagnosis, await circumstances());
}

function inWords({report, packages, selection, failure, advice}: Diagnosis): string {
  const {versions, machine, backends} = report;
  const table = new Table({
    head: ['', 'backend', 'check', 'runs'],
    style: {head: [], border: [], compact: true},
    colWidths: [3, null, null, 90],
    wordWrap: true,
  });
  for (const {name, check, runs, problem} of backends) {
    const verdict = check === 'PASS' ? colors.green('PASS') : colors.red('FAIL');
    table.push([name === selection?.backend ? '*' : '', name, verdict, problem ?? runs ?? '']);
  }
  const names = backends.map(({name}) => name);
  for (const {backend, problem} of packages) {
    if (!names.includes(backend))
      table.push(['', backend, colors.dim('none'), problem ?? 'does not register a backend']);
  }
  const {wasm} = machine;
  const features = wasm
    ? Object.entries(wasm).map(([feature, present]) => `${feature} ${present ? 'yes' : 'no'}`)
    : ['none'];
  return [
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    `${machine.runtime}, ${machine.platform}, ${machine.cores} cores of ${machine.processor}`,
    `WebAssembly: ${features.join(', ')}; timer resolution ${machine.timerResolutionMs.toPrecision(2)} ms`,
    table.toString(),
    checkedInWords(backends),
    selection ? `${selection}` : colors.red(failure ?? ''),
    ...(selection ? freshMemoryNotes(selection) : []),
    '',
    colors.bold('To get faster'),
    ...advice.map((line) => `- ${line}`),
  ].join('\n');
}

/** What PASS stands for. */
function checkedInWords(backends: BackendEntry[]): string {
  const counts = backends.flatMap(({name, variants}) => (variants.length > 0 ? [`${name} ${variants.length}`] : []));
  return `check: every variant of the kernels ran once and was compared with float64 (${counts.join(', ')}); --json lists them\n`;
}
