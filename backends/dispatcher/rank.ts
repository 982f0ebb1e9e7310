import {getBackend} from '@tensorflow/tfjs-core';
import {option} from '../../kernels/check';
import {obstacle} from './availability';
import {costInWords, moveMs, opMs} from './cost';
import {tableOf} from './explain';
import {isSoftwareGpu} from './facts';
import {measure, type Outcome} from './measure';
import {type RankOptions, type Settings, settingsOf} from './options';
import type {Part, RankedBackend, Ranking} from './ranking';
import {recall, remember, scaledTo} from './recall';
import {problemWith} from './self_check';
import {oneAtATime, start} from './start';
import {Stopwatch} from './stopwatch';
import {loadWisdom, saveWisdom} from './storage';
import type {Remembered} from './wisdom_schema';
import {type Task, tasksOf, type Workload} from './workload';

/** Backends this near to the fastest are as fast: then it is better to leave the data where they are. */
const TIE = 1.1;

/** How much of the time that is left goes into checking a backend, at most, before it is measured. */
const SHARE_FOR_CHECKS = 0.1;

/** See index.ts. */
export async function rankBackends(workload: Workload, options: RankOptions): Promise<Ranking> {
  const tasks = tasksOf(workload);
  const settings = settingsOf(options, tasks);
  if (settings.mode === 'estimate') return rank(tasks, settings, 'always');
  return oneAtATime(() => rank(tasks, settings, 'always'));
}

/** One backend, and what is known of it for each task. */
interface Candidate {
  backend: string;
  /** Why it cannot be chosen, as far as is known by now. */
  out: string | null;
  findings: Finding[];
}

interface Finding {
  task: Task;
  /** What measuring it in this call has shown. */
  outcome: Outcome | null;
  /** What earlier calls have. */
  memory: Remembered | null;
}

/** As above, for who has the queue's turn. `measuring` says whether to do so also where all is remembered. */
export async function rank(tasks: Task[], settings: Settings, measuring: 'always' | 'if new'): Promise<Ranking> {
  const {deterministic, remember: place} = settings;
  const notes: string[] = [];
  const note = (text: string | null) => {
    if (text !== null) notes.push(text);
  };
  const usesWisdom = place !== false && !deterministic;
  if (usesWisdom) note(loadWisdom(place, settings.mode === 'measure'));

  const candidates = settings.candidates.map(
    (backend): Candidate => ({
      backend,
      out: obstacle(backend),
      findings: tasks.map((task) => ({task, outcome: null, memory: usesWisdom ? memoryOf(task, backend) : null})),
    }),
  );
  if (settings.mode === 'measure' && deterministic) {
    note('measured times change from run to run, so this is estimated, to be deterministic');
  } else if (settings.mode === 'measure' && (measuring === 'always' || !tasks.every(isRememberedOf(candidates)))) {
    await startAndMeasure(tasks, candidates, settings);
    if (usesWisdom) {
      const rememberAll = () => {
        for (const [i, task] of tasks.entries()) remember(task, worthRemembering(candidates, i));
      };
      rememberAll();
      note(await saveWisdom(place, rememberAll));
    }
  }

  // Of two origins figures do not compare: what is remembered counts where it is of all, and none was measured now.
  const areRemembered = tasks.map(isRememberedOf(candidates));
  const ranked = candidates.map(({backend, out, findings}): RankedBackend => {
    const software = isSoftwareGpu(backend);
    const reason = out ?? failureIn(findings);
    if (reason !== null) return {backend, out: reason, ms: null, software, parts: []};
    const parts = findings.map((finding, i) => partOf(backend, finding, areRemembered[i]!));
    const ms = parts.reduce((sum, part) => sum + part.weight * (part.opMs + part.moveMs), 0);
    return {backend, out: null, ms, software, parts};
  });
  return inOrder(ranked, tasks, settings, notes);
}

function memoryOf(task: Task, backend: string): Remembered | null {
  return option(scaledTo(task.elements, recall(task)), backend, null);
}

/** Tells of each task whether it is remembered of all candidates that can run. */
function isRememberedOf(candidates: Candidate[]): (task: Task, i: number) => boolean {
  const running = candidates.filter(({out}) => out === null);
  return (_, i) => running.every(({findings}) => findings[i]!.outcome === null && findings[i]!.memory !== null);
}

/** Starts those that nothing speaks against, and measures those that have started. */
async function startAndMeasure(
  tasks: Task[],
  candidates: Candidate[],
  {clock, budgetMs, startLimitMs, onProgress}: Settings,
): Promise<void> {
  const stopwatch = new Stopwatch(clock);
  const deadline = stopwatch.now() + budgetMs;
  for (const candidate of candidates) {
    if (candidate.out !== null) continue;
    onProgress({fraction: 0, doing: `starting ${candidate.backend}`});
    // One that hangs leaves half of the time to the others.
    const limitMs = Math.min(startLimitMs, (deadline - stopwatch.now()) / 2);
    candidate.out = await start(candidate.backend, Math.max(limitMs, 0));
    // What is found to be wrong is out; what the time does not suffice for is checked where it is measured.
    const checkUntil = stopwatch.now() + SHARE_FOR_CHECKS * (deadline - stopwatch.now());
    if (candidate.out !== null) continue;
    const wrong = await problemWith(candidate.backend, () => stopwatch.now() > checkUntil);
    if (wrong !== null) for (const finding of candidate.findings) finding.outcome = wrong;
  }
  const started = candidates.filter(({out, findings}) => out === null && failureNow(findings) === null);
  const names = started.map(({backend}) => backend);
  const outcomes = await measure(tasks, names, {stopwatch, deadline, onProgress});
  for (const {backend, findings} of started) {
    for (const [i, finding] of findings.entries()) finding.outcome = outcomes[i]!.get(backend) ?? null;
  }
}

/** What was measured of a task, by backend; what may pass is not worth it. */
function worthRemembering(candidates: Candidate[], task: number): Record<string, Remembered> {
  const entries = candidates.flatMap(({backend, findings}): [string, Remembered][] => {
    const {outcome} = findings[task]!;
    if (outcome && 'timing' in outcome) return [[backend, outcome.timing]];
    return outcome && 'failure' in outcome && !outcome.mayPass ? [[backend, outcome]] : [];
  });
  return Object.fromEntries(entries);
}

/** What has failed in this call. */
function failureNow(findings: Finding[]): string | null {
  return failureIn(findings.map((finding) => ({...finding, memory: null})));
}

function failureIn(findings: Finding[]): string | null {
  for (const {outcome, memory} of findings) {
    const known = outcome ?? memory;
    if (known && 'failure' in known) return known.failure;
  }
  return null;
}

/** @param isRemembered whether the memory compares with that of the other candidates */
function partOf(backend: string, {task, outcome, memory}: Finding, isRemembered: boolean): Part {
  const {op, shape, axis, weight} = task;
  const common = {op, shape, axis, weight, moveMs: moveMs(task, backend)};
  if (outcome && 'timing' in outcome) {
    const {timing, firstMs} = outcome;
    const from = `median of ${timing.samples} samples`;
    return {...common, opMs: timing.median, source: 'measured', from, timing, firstMs};
  }
  if (isRemembered && memory && 'median' in memory) {
    const from = `median of ${memory.samples} samples, measured before`;
    return {...common, opMs: memory.median, source: 'remembered', from, timing: memory, firstMs: null};
  }
  const why = outcome && 'skipped' in outcome ? `${outcome.skipped}; ` : '';
  const from = why + costInWords(task, backend);
  return {...common, opMs: opMs(task, backend), source: 'estimated', from, timing: null, firstMs: null};
}

function inOrder(ranked: RankedBackend[], tasks: Task[], settings: Settings, notes: string[]): Ranking {
  const {mode, deterministic} = settings;
  const standing = ranked
    .filter(({out}) => out === null)
    .sort((a, b) => Number(a.software) - Number(b.software) || a.ms! - b.ms! || (a.backend < b.backend ? -1 : 1));
  const [fastest] = standing;
  const home = homeOf(standing, tasks, deterministic);
  const chosen = home ?? fastest;
  const candidates = [...new Set([...(chosen ? [chosen] : []), ...standing, ...ranked])];
  return {
    mode,
    best: chosen?.backend ?? null,
    why: reasonFor(chosen, fastest, standing),
    candidates,
    notes,
    toString() {
      return tableOf(this, tasks);
    },
  };
}

/** The backend that has the data already, if it is as fast as the fastest. */
function homeOf(standing: RankedBackend[], tasks: Task[], deterministic: boolean): RankedBackend | undefined {
  // What is active depends on what ran before.
  const homes = tasks.map(({residency}) => residency ?? (deterministic ? null : getBackend()));
  const [fastest] = standing;
  return standing.find(
    ({backend, ms, software}) => homes.includes(backend) && software === fastest!.software && ms! <= TIE * fastest!.ms!,
  );
}

function reasonFor(
  chosen: RankedBackend | undefined,
  fastest: RankedBackend | undefined,
  standing: RankedBackend[],
): string {
  if (!chosen || !fastest) return 'no candidate can run';
  if (standing.length === 1) return 'no other candidate can run';
  if (chosen !== fastest) return `as fast as ${fastest.backend} within 10 %, and the data are there`;
  const sources = [...new Set(standing.flatMap(({parts}) => parts.map(({source}) => source)))].join(' and ');
  return `the fastest, as ${sources}${standing.some(({software}) => software) ? '; software GPUs come last' : ''}`;
}
