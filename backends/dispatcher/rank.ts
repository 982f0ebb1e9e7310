import {getBackend} from '@tensorflow/tfjs-core';
import {option} from '../../kernels/check';
import {costInWords, moveMs, opMs} from './cost';
import {tableOf} from './explain';
import {oneAtATime} from './lock';
import {measure, type Outcome} from './measure';
import {type RankOptions, type Settings, settingsOf} from './options';
import type {Part, RankedBackend, Ranking} from './ranking';
import {recall, remember, scaledTo} from './recall';
import {isSoftwareGpu, obstacle} from './standing';
import {start} from './start';
import {Stopwatch} from './stopwatch';
import {loadWisdom, saveWisdom} from './storage';
import type {Remembered} from './wisdom_schema';
import {type Task, tasksOf, type Workload} from './workload';

/** Backends this near to the fastest are as fast: then it is better to leave the data where they are. */
const TIE = 1.1;

/** See index.ts. */
export async function rankBackends(workload: Workload, options: RankOptions): Promise<Ranking> {
  const tasks = tasksOf(workload);
  const settings = settingsOf(options, tasks);
  if (settings.mode === 'estimate') return rank(tasks, settings, 'always');
  return oneAtATime(() => rank(tasks, settings, 'always'));
}

/** As above, for who has the queue's turn. `measuring` says whether to do so also where all is remembered. */
export async function rank(tasks: Task[], settings: Settings, measuring: 'always' | 'if new'): Promise<Ranking> {
  const {candidates, deterministic, remember: place} = settings;
  const notes: string[] = [];
  const note = (text: string | null) => {
    if (text !== null) notes.push(text);
  };
  const known = place !== false && !deterministic;
  if (known) note(loadWisdom(place, settings.mode === 'measure'));

  const out = new Map(candidates.map((name) => [name, obstacle(name)]));
  const canRun = () => candidates.filter((name) => out.get(name) === null);
  const remembered = () => tasks.map((task) => (known ? recallAll(task, canRun()) : null));

  let measured: Map<string, Outcome>[] = tasks.map(() => new Map());
  if (settings.mode === 'measure' && deterministic) {
    note('measured times change from run to run, so this is estimated, to be deterministic');
  } else if (settings.mode === 'measure' && (measuring === 'always' || remembered().includes(null))) {
    measured = await startAndMeasure(tasks, out, settings);
    if (known) {
      const rememberAll = () => {
        for (const [i, task] of tasks.entries()) remember(task, worthRemembering(measured[i]!));
      };
      rememberAll();
      note(await saveWisdom(place, rememberAll));
    }
  }

  const memories = remembered();
  for (const name of canRun()) {
    const before = (task: Task) => (known ? option(scaledTo(task.elements, recall(task)), name, undefined) : undefined);
    const failures = tasks.map((task, i) => measured[i]!.get(name) ?? before(task));
    out.set(name, failures.flatMap((outcome) => (outcome && 'failure' in outcome ? [outcome.failure] : []))[0] ?? null);
  }
  const ranked = candidates.map((name): RankedBackend => {
    const reason = out.get(name)!;
    const parts = reason === null ? tasks.map((task, i) => partOf(task, name, measured[i]!, memories[i]!)) : [];
    const ms = parts.reduce((sum, part) => sum + part.weight * (part.opMs + part.moveMs), 0);
    return {backend: name, out: reason, ms: reason === null ? ms : null, software: isSoftwareGpu(name), parts};
  });
  return inOrder(ranked, tasks, settings, notes);
}

async function startAndMeasure(
  tasks: Task[],
  out: Map<string, string | null>,
  {clock, budgetMs, startLimitMs, onProgress}: Settings,
): Promise<Map<string, Outcome>[]> {
  const stopwatch = new Stopwatch(clock);
  const deadline = stopwatch.now() + budgetMs;
  for (const [name, reason] of out) {
    if (reason !== null) continue;
    onProgress({fraction: 0, doing: `starting ${name}`});
    // One that hangs leaves half of the time to the others.
    const limitMs = Math.min(startLimitMs, (deadline - stopwatch.now()) / 2);
    out.set(name, await start(name, Math.max(limitMs, 0)));
  }
  const started = [...out].flatMap(([name, reason]) => (reason === null ? [name] : []));
  return measure(tasks, started, {stopwatch, deadline, onProgress});
}

/** What was measured before of a task, if it was of all these backends: figures of two origins do not compare. */
function recallAll(task: Task, backends: string[]): Record<string, Remembered> | null {
  const known = scaledTo(task.elements, recall(task));
  return backends.every((name) => Object.hasOwn(known, name)) ? known : null;
}

function worthRemembering(outcomes: Map<string, Outcome>): Record<string, Remembered> {
  const entries = [...outcomes].flatMap(([name, outcome]): [string, Remembered][] => {
    if ('timing' in outcome) return [[name, outcome.timing]];
    return 'failure' in outcome && !outcome.mayPass ? [[name, outcome]] : [];
  });
  return Object.fromEntries(entries);
}

function partOf(
  task: Task,
  backend: string,
  measured: Map<string, Outcome>,
  memories: Record<string, Remembered> | null,
): Part {
  const {op, shape, axis, weight} = task;
  const common = {op, shape, axis, weight, moveMs: moveMs(task, backend)};
  const outcome = measured.get(backend);
  if (outcome && 'timing' in outcome) {
    const {timing, firstMs} = outcome;
    const from = `median of ${timing.samples} samples`;
    return {...common, opMs: timing.median, source: 'measured', from, timing, firstMs};
  }
  const memory = measured.size === 0 ? memories?.[backend] : undefined;
  if (memory && 'median' in memory) {
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
