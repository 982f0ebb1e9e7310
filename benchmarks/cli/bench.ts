import {readFileSync} from 'node:fs';
import {runInBrowser} from '../browser/run';
import {NODE_BACKENDS, nodeLab} from '../node/lab';
import {html} from '../report/html';
import {json} from '../report/json';
import {markdown} from '../report/markdown';
import type {Report} from '../suite/report';
import {type Progress, runSuite} from '../suite/run_suite';
import {helpText, type Options, parseOptions, planFor} from './options';
import {prepareOutput, writeReports} from './output';
import {printReport, progressBar} from './terminal';

const BROWSER_BACKENDS = ['cpu', 'wasm', 'webgl'];

function backendsOf(browser: boolean): string[] {
  return browser ? BROWSER_BACKENDS : NODE_BACKENDS;
}

/** `tfjs-softmax bench`: runs the suite, prints it and writes the report. */
export async function bench(args: string[]): Promise<void> {
  const options = parseOptions(args, backendsOf);
  if (options.help) return console.log(helpText(backendsOf));
  prepareOutput(options.output);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt); // once: a second Ctrl-C ends the process
  const bar = progressBar();
  const run = options.browser ? inBrowser : inNode;
  const report = await run(options, interrupted.signal, bar.show).finally(bar.stop);
  process.off('SIGINT', interrupt);
  printReport(report);
  write(report, options.output);
}

type Run = (options: Options, signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<Report>;

const inNode: Run = async (options, signal, onProgress) => {
  const lab = await nodeLab(options.plan);
  const started = lab.backends.map(({name}) => name);
  return runSuite(lab, planFor(options, started), {signal, onProgress});
};

const inBrowser: Run = (options, signal, onProgress) =>
  runInBrowser((backends) => planFor(options, backends), options.plan.backends, signal, onProgress);

function write(report: Report, folder: string): void {
  // The build puts the program of the report's plots beside this one.
  const script = readFileSync(new URL('./report.js', import.meta.url), 'utf8');
  writeReports(folder, {
    'report.json': json(report),
    'report.md': markdown(report),
    'report.html': html(report, script),
  });
  console.log(`\nWritten to ${folder}: report.html with plots, report.json, report.md`);
}
