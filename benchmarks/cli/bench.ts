import {readFileSync} from 'node:fs';
import {version} from '../../package.json';
import {html} from '../report/html';
import {json} from '../report/json';
import {markdown} from '../report/markdown';
import {countCases} from '../suite/cases';
import type {BackendFacts, Plan, Report} from '../suite/report';
import type {Progress} from '../suite/run_suite';
import {helpText, type Options, parseOptions, secondsFor} from './options';
import {prepareOutput, writeReports} from './output';

/** `tfjs-softmax bench`: runs the suite, prints it and writes the report. */
export async function bench(args: string[]): Promise<void> {
  const options = parseOptions(args);
  if (options.help) return console.log(helpText(await (await import('./offer')).offerHere()));
  prepareOutput(options.output);
  // Before anything else is loaded, which takes a while.
  console.log(
    `tfjs-softmax ${version}: starting ${options.browser ? 'a browser' : options.plan.backends.join(', ')} …`,
  );
  const {printReport, progressOutput} = await import('./terminal');
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt); // once: a second Ctrl-C ends the process
  const progress = progressOutput(process.stdout);
  const run = options.browser ? inBrowser : inNode;
  const report = await run(options, interrupted.signal, progress.show).finally(progress.stop);
  process.off('SIGINT', interrupt);
  printReport(report);
  write(report, options.output);
}

type Run = (options: Options, signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<Report>;

const inNode: Run = async (options, signal, onProgress) => {
  const {nodeLab} = await import('../node/lab');
  const {runSuite} = await import('../suite/run_suite');
  const lab = await nodeLab(options.plan);
  try {
    return await runSuite(lab, planFor(options, lab.backends), {signal, onProgress});
  } finally {
    lab.close();
  }
};

const inBrowser: Run = async (options, signal, onProgress) => {
  const {runInBrowser} = await import('../browser/run');
  return runInBrowser((there) => planFor(options, there), signal, onProgress);
};

/** The plan for the backends that are there. @throws if none of those that are wanted is */
function planFor(options: Options, there: BackendFacts[]): Plan {
  const backends = options.plan.backends.filter((name) => there.some((one) => one.name === name));
  if (backends.length === 0) throw new Error(`none of ${options.plan.backends.join(', ')} runs here; see bench --help`);
  const plan = {...options.plan, backends};
  return {...plan, seconds: secondsFor(options, countCases(there, plan))};
}

function write(report: Report, folder: string): void {
  // The build puts the program of reports and their style beside this one.
  const [script, style] = ['report.js', 'report.css'].map((name) =>
    readFileSync(new URL(`./${name}`, import.meta.url), 'utf8'),
  );
  writeReports(folder, {
    'report.json': json(report),
    'report.md': markdown(report),
    'report.html': html(report, {script: script!, style: style!}),
  });
  console.log(`\nWritten to ${folder}: report.html with plots, report.json, report.md`);
}
