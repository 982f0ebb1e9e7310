/** The page: what is picked in the form runs, its results grow below. */
import {rankBackends} from 'tfjs-softmax';
import {charts} from '../report/charts';
import {costTable} from '../report/cost_table';
import {tableHtml} from '../report/html';
import {json} from '../report/json';
import {markdown} from '../report/markdown';
import {notices} from '../report/prose';
import type {Lab} from '../suite/lab';
import type {Case, Plan, Report} from '../suite/report';
import {type Progress, runSuite} from '../suite/run_suite';
import {workloadName} from '../suite/workload';
import {bars} from './bars';
import {byId, element} from './dom';
import {fillForm, planOfForm} from './form';
import {PAGE_PEERS, pageLab} from './lab';

/** What `npm run bench -- --browser` calls. */
declare global {
  var suite: {
    backends: string[];
    run(plan: Plan, onProgress: (progress: Progress) => void): Promise<Report>;
    stop(): void;
  };
}

const lab = await pageLab();
let running = new AbortController();
let report: Report | null = null;
const backends = lab.backends.map(({name}) => name);
fillForm(backends, PAGE_PEERS);
showMachine(lab);
byId('costs').innerHTML = tableHtml(costTable());
byId<HTMLButtonElement>('run').disabled = false;

globalThis.suite = {
  backends,
  run: (plan, onProgress) => {
    running = new AbortController();
    return runSuite(lab, plan, {signal: running.signal, onProgress});
  },
  stop: () => running.abort(),
};

byId('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  byId('error').textContent = '';
  try {
    await runAndShow(planOfForm());
  } catch (error) {
    byId('error').textContent = (error as Error).message;
  }
});
byId('stop').addEventListener('click', () => globalThis.suite.stop());
byId('copy-json').addEventListener('click', () => copyText(json(report!)));
byId('copy-markdown').addEventListener('click', () => copyText(markdown(report!)));

async function runAndShow(plan: Plan): Promise<void> {
  setRunning(true);
  byId('results').replaceChildren();
  byId('after').hidden = true;
  const seen = new Map<string, Case>();
  try {
    report = await globalThis.suite.run(plan, ({done, total, label, last}) => {
      Object.assign(byId<HTMLProgressElement>('progress'), {value: done, max: total});
      byId('label').textContent = label;
      if (!last) return;
      seen.set(`${workloadName(last)} ${last.backend}`, last);
      showCases([...seen.values()]);
    });
    showCases(report.cases);
    showNotices(notices(report));
    await explain(plan);
    showCharts(report);
    byId('after').hidden = false;
  } finally {
    setRunning(false);
  }
}

function showCases(cases: Case[]): void {
  const workloads = new Map<string, Case[]>();
  for (const one of cases.filter(({entries}) => entries.length > 0)) {
    const name = workloadName(one);
    workloads.set(name, [...(workloads.get(name) ?? []), one]);
  }
  byId('results').replaceChildren(...[...workloads.values()].map(bars));
}

/** What the dispatcher of the package would choose for all of this, and why. */
async function explain({ops, shapes, backends: candidates}: Plan): Promise<void> {
  const workload = ops.flatMap((op) => shapes.map((shape) => ({op, shape})));
  byId('explanation').textContent = `${await rankBackends(workload, {candidates})}`;
}

function showCharts(of: Report): void {
  const drawn = charts(of).flatMap(({title, chart}) => [element('h2', '', title), chart]);
  byId('charts').replaceChildren(...drawn);
}

function showMachine({machine, backends: all, missing}: Lab): void {
  const own = all.map(({name, runs}) => `${name}: ${runs}`).join(' · ');
  byId('machine').textContent =
    `${machine.runtime} · ${machine.cores} threads · GPU: ${machine.gpu ?? 'none'} · ${own}`;
  const software = machine.softwareGpu
    ? ['This browser draws with a software GPU: webgl times say nothing about a real GPU; draws and ULP do.']
    : [];
  showNotices([...software, ...missing.map(({name, reason}) => `Missing: ${name}. ${reason}`)]);
}

function showNotices(texts: string[]): void {
  byId('notices').replaceChildren(...texts.map((text) => element('p', 'notice', text)));
}

function setRunning(isRunning: boolean): void {
  byId<HTMLButtonElement>('run').disabled = isRunning;
  byId<HTMLButtonElement>('stop').disabled = !isRunning;
}

async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  byId('copied').textContent = `Copied ${text.length} characters.`;
}
