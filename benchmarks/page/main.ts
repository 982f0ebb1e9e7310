/** The page: what is picked in the form runs, its results grow below. */
import {getThreads} from 'tfjs-softmax';
import {costTable} from '../report/cost_table';
import {answerHtml, foldedHtml, noticesHtml, tableHtml} from '../report/html';
import {downloads, type KnownResult, showCharts, showComparing} from '../report/interactive';
import {notices} from '../report/prose';
import {threadsTable} from '../report/tables';
import {caseName} from '../suite/case_name';
import {countCases} from '../suite/cases';
import type {Lab} from '../suite/lab';
import type {Case, Plan, Report} from '../suite/report';
import {type Progress, runSuite} from '../suite/run_suite';
import {workloadName} from '../suite/workload';
import {bars} from './bars';
import {byId, element} from './dom';
import {runAsTold, tellFailure} from './driven';
import {explanationOf} from './explain';
import {fillForm, planOfForm} from './form';
import {pageLab, peersOf} from './lab';

/** For tests. */
declare global {
  var suite: {
    backends: string[];
    run(plan: Plan, onProgress: (progress: Progress) => void): Promise<Report>;
    stop(): void;
  };
}

const options = new URLSearchParams(location.search);
let running = new AbortController();
const stop = () => running.abort();

async function start(): Promise<void> {
  const lab = await pageLab();
  const run = (plan: Plan, onProgress: (progress: Progress) => void) => {
    running = new AbortController();
    return runSuite(lab, plan, {signal: running.signal, onProgress});
  };
  const backends = lab.backends.map(({name}) => name);
  globalThis.suite = {backends, run, stop};
  if (options.has('driven')) return runAsTold(lab, run, stop);
  const most = Math.max(0, ...lab.backends.map(({mostThreads}) => mostThreads ?? 0));
  fillForm({backends, peers: peersOf(lab), threads: most > 1 ? powersUpTo(most) : [], ownThreads: getThreads()});
  showMachine(lab);
  byId('costs').innerHTML = foldedHtml(costTable());
  byId<HTMLButtonElement>('run').disabled = false;
  byId('form').addEventListener('submit', (event) => {
    event.preventDefault();
    void runForm(lab);
  });
  byId('stop').addEventListener('click', stop);
  if (options.has('run')) await runForm(lab);
}

/** 1, 2, 4 and so on, and the most. */
function powersUpTo(most: number): number[] {
  const powers = Array.from({length: Math.ceil(Math.log2(most))}, (_, i) => 2 ** i);
  return [...powers, most];
}

async function runForm(lab: Lab): Promise<void> {
  byId('error').textContent = '';
  try {
    await runAndShow(planOfForm((plan) => countCases(lab.backends, plan)));
  } catch (error) {
    byId('error').textContent = (error as Error).message;
  }
}

async function runAndShow(plan: Plan): Promise<void> {
  setRunning(true);
  for (const id of ['answer', 'results']) byId(id).replaceChildren();
  byId('after').hidden = true;
  const seen = new Map<string, Case>();
  try {
    const began = performance.now();
    const report = await globalThis.suite.run(plan, ({done, total, label, last}) => {
      Object.assign(byId<HTMLProgressElement>('progress'), {value: done, max: total});
      const left = done > 0 ? Math.ceil(((performance.now() - began) * (total - done)) / done / 1000) : null;
      byId('label').textContent = left === null ? label : `${label}, ${left} s left`;
      if (!last) return;
      seen.set(caseName(last), last);
      showCases([...seen.values()]);
    });
    showCases(report.cases);
    byId('answer').innerHTML = answerHtml(report);
    byId('notices').innerHTML = noticesHtml(report);
    await showDetails(report);
  } finally {
    setRunning(false);
  }
}

async function showDetails(report: Report): Promise<void> {
  byId('after').hidden = false;
  byId('files').replaceChildren(downloads(report));
  byId('explanation').textContent = await explanationOf(report);
  const threads = threadsTable(report);
  byId('threads-table').innerHTML = threads ? tableHtml(threads) : '';
  showComparing(byId('compare'), report, await knownResults());
  showCharts(byId('charts'), report);
}

/** Those that the page was built with. */
async function knownResults(): Promise<KnownResult[]> {
  const response = await fetch('results/index.json');
  return response.ok ? ((await response.json()) as KnownResult[]) : [];
}

function showCases(cases: Case[]): void {
  const workloads = new Map<string, Case[]>();
  for (const one of cases.filter(({entries}) => entries.length > 0)) {
    const name = workloadName(one);
    workloads.set(name, [...(workloads.get(name) ?? []), one]);
  }
  byId('results').replaceChildren(...[...workloads.values()].map(bars));
}

function showMachine({machine, backends, missing}: Lab): void {
  const {runtime, cores, gpu, flags} = machine;
  const own = backends.map(({name, runs}) => element('li', '', `${name}: ${runs}`));
  byId('state').replaceChildren(
    ...[`Ready: ${backends.map(({name}) => name).join(', ')}. ${cores} threads, GPU: ${gpu ?? 'none'}. `],
    element(
      'details',
      '',
      element('summary', '', 'What runs'),
      element('ul', '', ...own),
      `${runtime}; ${flags.join(', ')}`,
    ),
  );
  const nothing = {machine, missing, cases: [], complete: true} as unknown as Report;
  // What is known before anything is timed.
  const texts = notices(nothing).filter((text) => !text.startsWith('Not enough was timed'));
  byId('notices').replaceChildren(...texts.map((text) => element('p', 'notice', text)));
}

function setRunning(isRunning: boolean): void {
  byId<HTMLButtonElement>('run').disabled = isRunning;
  byId<HTMLButtonElement>('stop').disabled = !isRunning;
  byId('progress').hidden = !isRunning;
  if (!isRunning) byId('label').textContent = '';
}

start().catch(async (error) => {
  byId('state').className = 'error';
  byId('state').textContent = `The page does not start: ${error}`;
  if (options.has('driven')) await tellFailure(error);
});
