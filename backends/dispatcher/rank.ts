import {getBackend} from '@tensorflow/tfjs-core';
import {holderOf, variablesOfProgram} from '../../tfjs/backend_visit';
import {obstacle} from './availability';
import {firstCallMs} from './cost';
import {tableOf} from './explain';
import {isSoftwareGpu, nameOf, onThreads} from './facts';
import {FunctionJob} from './function_job';
import {type Item, itemsOf, weighed} from './items';
import {type RankOptions, type Settings, settingsOf} from './options';
import {probe} from './probe';
import {type Known, measure, type Outcome} from './race';
import type {Part, RankedBackend, Ranking} from './ranking';
import {type ByBackend, nameInWisdom} from './recall';
import {problemWith} from './self_check';
import {oneAtATime, start} from './start';
import {Budget, Stopwatch} from './stopwatch';
import {loadWisdom, saveWisdom} from './storage';
import type {Remembered} from './wisdom_schema';
import type {Workload} from './workload';

/**
 * How many times as long as the fastest a backend may take and stay, if it is active or has the data: what was timed on both is
 * to be believed, estimates less, and a time beside an estimate least.
 */
const MARGIN = {timed: 1.1, estimated: 1.25, mixed: 2};

/** How much of the measuring budget checking a backend may take besides, before it is measured. */
const SHARE_FOR_CHECKS = 0.1;

/** See index.ts. */
export async function rankBackends(workload: Workload, options: RankOptions): Promise<Ranking> {
  const settings = settingsOf(options, typeof workload === 'function');
  const items = itemsOf(workload, settings.name);
  if (settings.mode === 'estimate') return rank(items, settings, 'always');
  return oneAtATime(() => rank(items, settings, 'always'));
}

/** One backend, and what is known of it for each item. */
interface Candidate {
  backend: string;
  /** Why it cannot be chosen, as far as is known by now. */
  out: string | null;
  /** Why it has not started, though it may yet. */
  late: string | null;
  findings: Finding[];
}

interface Finding {
  item: Item;
  /** What measuring it in this call has shown. */
  outcome: Outcome | null;
  /** What earlier calls have. */
  memory: Remembered | null;
}

/** As above, for who has the queue's turn. `measuring` says whether to do so also where all is remembered. */
export async function rank(items: Item[], settings: Settings, measuring: 'always' | 'if new'): Promise<Ranking> {
  const {deterministic, remember: place} = settings;
  const notes: string[] = [];
  const note = (text: string | null) => {
    if (text !== null && !notes.includes(text)) notes.push(text);
  };
  const usesWisdom = place !== false && !deterministic;
  if (usesWisdom) note(loadWisdom(place, settings.mode === 'measure'));

  const needsFamily = items.some((item) => item.needsFamily);
  const candidates = settings.candidates.map(
    (backend): Candidate => ({
      backend,
      out: obstacle(backend, needsFamily),
      late: null,
      findings: items.map((item) => ({item, outcome: null, memory: usesWisdom ? item.recall(backend) : null})),
    }),
  );
  if (settings.mode === 'measure' && deterministic) {
    note('estimated although mode is measure: measured times vary from run to run, and deterministic is true');
  } else if (settings.mode === 'measure' && (measuring === 'always' || !items.every(isRememberedOf(candidates)))) {
    await startAndMeasure(items, candidates, settings, usesWisdom, note);
    if (usesWisdom) {
      const rememberAll = () => {
        for (const [i, item] of items.entries()) item.remember(worthRemembering(candidates, i));
      };
      rememberAll();
      note(await saveWisdom(place, rememberAll));
    }
  }

  // Of two origins figures do not compare: what is remembered counts where it is of all, and none was measured now.
  const areRemembered = items.map(isRememberedOf(candidates));
  const known = items.map((_, i) =>
    candidates.flatMap(({backend, findings}) => {
      const timed = timeOf(backend, findings[i]!, areRemembered[i]!);
      return timed ? [{backend, ms: timed.opMs}] : [];
    }),
  );
  const ranked = candidates.map(({backend, out, late, findings}): RankedBackend => {
    const software = isSoftwareGpu(backend);
    const reason = out ?? failureIn(findings);
    if (reason !== null) return {backend, out: reason, late: null, ms: null, software, parts: []};
    const parts = findings.map((finding, i) => {
      return partOf(backend, finding, areRemembered[i]!, known[i]!, !deterministic);
    });
    return {backend, out: null, late, ms: totalMs(backend, parts, items, settings.calls), software, parts};
  });
  const ranking = inOrder(ranked, items, settings, notes);
  note(variablesElsewhere(ranking, items));
  return ranking;
}

/** Tells of each item whether it is remembered of all candidates that can run. */
function isRememberedOf(candidates: Candidate[]): (item: Item, i: number) => boolean {
  const running = candidates.filter(({out}) => out === null);
  return (_, i) => running.every(({findings}) => findings[i]!.outcome === null && findings[i]!.memory !== null);
}

/** Starts those that nothing speaks against, all at once, and measures those that have started. */
async function startAndMeasure(
  items: Item[],
  candidates: Candidate[],
  settings: Settings,
  usesWisdom: boolean,
  note: (text: string) => void,
): Promise<void> {
  const {clock, budgetMs, startLimitMs, onProgress} = settings;
  const hopeful = candidates.filter(({out}) => out === null);
  onProgress({fraction: 0, doing: `starting ${hopeful.map(({backend}) => backend).join(', ')}`});
  await Promise.all(
    hopeful.map(async (candidate) => {
      const failure = await start(candidate.backend, startLimitMs);
      if (failure?.isLate) candidate.late = failure.why;
      else if (failure) candidate.out = failure.why;
    }),
  );
  const stopwatch = new Stopwatch(clock);
  const budget = new Budget(stopwatch, budgetMs);
  const needsFamily = items.some((item) => item.needsFamily);
  if (needsFamily) await budget.free(() => checkAll(candidates, stopwatch, SHARE_FOR_CHECKS * budgetMs));
  const started = candidates.filter(({out, late, findings}) => {
    return out === null && late === null && findings.every(({outcome}) => outcome === null);
  });
  const names = started.map(({backend}) => backend);
  if (usesWisdom && needsFamily) await probe(names, stopwatch, budget);
  const jobs = items.map((item) => item.job(settings, stopwatch, note));
  try {
    const outcomes = await measure(jobs, names, {stopwatch, budget, onProgress});
    for (const {backend, findings} of started) {
      for (const [i, finding] of findings.entries()) finding.outcome = outcomes[i]!.get(backend) ?? null;
    }
  } finally {
    for (const job of jobs) if (job instanceof FunctionJob) await job.close();
  }
}

/** Checks the kernels of those that have started. What the time does not suffice for is checked where it is measured. */
async function checkAll(candidates: Candidate[], stopwatch: Stopwatch, limitMs: number): Promise<void> {
  for (const {backend, out, late, findings} of candidates) {
    if (out !== null || late !== null) continue;
    const until = stopwatch.now() + limitMs;
    const wrong = await problemWith(backend, () => stopwatch.now() > until);
    if (wrong !== null) for (const finding of findings) finding.outcome = wrong;
  }
}

/** What was measured of an item; what may pass is not worth it. */
function worthRemembering(candidates: Candidate[], item: number): ByBackend {
  const entries = candidates.flatMap(({backend, findings}): [string, Remembered][] => {
    const {outcome} = findings[item]!;
    if (outcome && 'timing' in outcome) return [[nameInWisdom(backend), outcome.timing]];
    return outcome && 'failure' in outcome && !outcome.mayPass ? [[nameInWisdom(backend), outcome]] : [];
  });
  return Object.fromEntries(entries);
}

function failureIn(findings: Finding[]): string | null {
  for (const {outcome, memory} of findings) {
    const known = outcome ?? memory;
    if (known && 'failure' in known) return known.failure;
  }
  return null;
}

/**
 * The time that counts of what was measured.
 *
 * @param isRemembered whether the memory compares with that of the other candidates
 */
function timeOf(backend: string, {outcome, memory}: Finding, isRemembered: boolean) {
  if (outcome && 'timing' in outcome) {
    const {timing, firstMs} = outcome;
    const from = `median of ${timing.samples} ${timing.samples === 1 ? 'sample' : 'samples'}${onThreads(backend)}`;
    return {opMs: timing.median, source: 'measured', from, timing, firstMs} as const;
  }
  if (!isRemembered || !memory || 'failure' in memory) return null;
  const from = `median of ${memory.samples} samples${onThreads(backend)}, measured before`;
  return {opMs: memory.median, source: 'remembered', from, timing: memory, firstMs: null} as const;
}

function partOf(backend: string, finding: Finding, isRemembered: boolean, known: Known[], scaled: boolean): Part {
  const {item, outcome} = finding;
  const common = {...item.description, moveMs: item.moveMs(backend)};
  const timed = timeOf(backend, finding, isRemembered);
  if (timed) return {...common, ...timed};
  const why = outcome && 'skipped' in outcome ? `${outcome.skipped}; ` : '';
  const {ms, from} = item.estimate(backend, known, scaled);
  return {...common, opMs: ms, source: 'estimated', from: why + from, timing: null, firstMs: null};
}

function totalMs(backend: string, parts: Part[], items: Item[], calls: number | null): number | null {
  let total = 0;
  for (const [i, {opMs, moveMs, weight, firstMs}] of parts.entries()) {
    if (opMs === null) return null;
    total += weight * (opMs + moveMs);
    if (calls === null) continue;
    const compileMs = items[i]!.needsFamily ? firstCallMs(backend) : 0;
    total += Math.max(firstMs === null ? compileMs : firstMs - opMs, 0) / calls;
  }
  return total;
}

function inOrder(ranked: RankedBackend[], items: Item[], settings: Settings, notes: string[]): Ranking {
  const {mode, deterministic, calls} = settings;
  const last = ({software, late}: RankedBackend) =>
    Number(software && items.some(({needsFamily}) => needsFamily)) + 2 * Number(late !== null);
  const standing = ranked
    .filter(({out}) => out === null)
    .sort((a, b) => last(a) - last(b) || msOf(a) - msOf(b) || (a.backend < b.backend ? -1 : 1));
  const [fastest] = standing;
  const home = fastest && homeOf(standing, items, deterministic, (one) => last(one) === last(fastest));
  const chosen = home ?? fastest;
  const candidates = [...new Set([...(chosen ? [chosen] : []), ...standing, ...ranked])];
  return {
    mode,
    best: chosen?.backend ?? null,
    why: reasonFor(chosen, standing, items),
    weighed: weighed(items, calls),
    candidates,
    notes,
    toString() {
      return tableOf(this, items);
    },
  };
}

/** What nothing is known of comes after what is. */
function msOf({ms}: RankedBackend): number {
  return ms ?? Number.MAX_VALUE;
}

/** The backend that has the data already, or is active, unless another is clearly faster. */
function homeOf(
  standing: RankedBackend[],
  items: Item[],
  deterministic: boolean,
  compares: (one: RankedBackend) => boolean,
): RankedBackend | undefined {
  // What is active depends on what ran before.
  const homes = items.map(({residency}) => residency ?? (deterministic ? null : getBackend()));
  const [fastest] = standing;
  return standing.find((one) => {
    if (!homes.includes(one.backend) || !compares(one)) return false;
    return one.ms === null || fastest!.ms === null || one.ms <= marginOf(one, fastest!) * fastest!.ms;
  });
}

function marginOf(one: RankedBackend, other: RankedBackend): number {
  const estimated = [one, other].map(({parts}) => parts.some(({source}) => source === 'estimated'));
  if (!estimated.includes(true)) return MARGIN.timed;
  return estimated.includes(false) ? MARGIN.mixed : MARGIN.estimated;
}

function reasonFor(chosen: RankedBackend | undefined, standing: RankedBackend[], items: Item[]): string {
  const [fastest] = standing;
  if (!chosen || !fastest) return 'no candidate can run';
  if (standing.length === 1) return 'the only candidate that can run';
  if (chosen.ms === null) return 'already active, and its time is not known';
  if (chosen !== fastest) {
    const margin = marginOf(chosen, fastest);
    if (margin === MARGIN.timed) return `within 10 % of ${fastest.backend}, and the data are there`;
    return `the data are there, and ${fastest.backend} is estimated to be less than ${margin} times as fast`;
  }
  const sources = [...new Set(standing.flatMap(({parts}) => parts.map(({source}) => source)))].join(' and ');
  const rule = items.some(({needsFamily}) => needsFamily) && standing.some(({software}) => software);
  return `the fastest, as ${sources}${rule ? '; software GPUs come last' : ''}`;
}

/** For who weighs an op alone in a program that has more to lose. */
function variablesElsewhere({best}: Ranking, items: Item[]): string | null {
  if (best === null || !items.some(({needsFamily}) => needsFamily)) return null;
  const places = new Map<string, number>();
  for (const variable of variablesOfProgram()) {
    const name = nameOf(holderOf(variable));
    if (name !== '' && name !== best) places.set(name, (places.get(name) ?? 0) + 1);
  }
  if (places.size === 0) return null;
  const held = [...places].map(([name, count]) => `${count} on ${name}`).join(' and ');
  return (
    `the program has variables on other backends (${held}), which move to ${best} once it is active; the rest of the program ` +
    'was not weighed. To weigh all of it, pass a function, such as () => model.predict(x)'
  );
}
