import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {NODE_BACKENDS, nodeLab} from '../node/lab';
import {markdown} from '../report/markdown';
import type {Report} from '../suite/report';
import {runSuite} from '../suite/run_suite';
import {helpText, type Options, parseOptions, planFor} from './options';
import {printReport, progressBar} from './terminal';

const BROWSER_BACKENDS = ['cpu', 'wasm', 'webgl'];

function backendsOf(browser: boolean): string[] {
  return browser ? BROWSER_BACKENDS : NODE_BACKENDS;
}

/** `tfjs-softmax bench`: runs the suite, prints it and writes the report. */
export async function bench(args: string[]): Promise<void> {
  const options = parseOptions(args, backendsOf);
  if (options.help) return console.log(helpText(backendsOf));
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt); // once: a second Ctrl-C ends the process
  const report = await runInNode(options, interrupted.signal);
  process.off('SIGINT', interrupt);
  printReport(report);
  write(report, options.output);
}

async function runInNode(options: Options, signal: AbortSignal): Promise<Report> {
  const lab = await nodeLab(options.plan);
  const plan = planFor(
    options,
    lab.backends.map(({name}) => name),
  );
  const bar = progressBar();
  try {
    return await runSuite(lab, plan, {signal, onProgress: bar.show});
  } finally {
    bar.stop();
  }
}

function write(report: Report, folder: string): void {
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(folder, 'report.md'), markdown(report));
  console.log(`\nWritten to ${folder}: report.json, report.md`);
}
