import {engine, getBackend, setBackend} from '@tensorflow/tfjs-core';
import {option, show} from '../../kernels/check';
import {abandonStartUnderWay, startUnderWay} from '../../tfjs/active_backend';
import {processOf} from './environment';
import {itemsOf} from './items';
import {type RankOptions, type Settings, settingsOf} from './options';
import {rank} from './rank';
import type {RankedBackend, Ranking} from './ranking';
import {oneAtATime, start, within} from './start';
import type {Workload} from './workload';

/** Options of `selectBackend`. */
export interface SelectOptions extends RankOptions {
  /** The backend to select, whatever its figures. */
  backend?: string;
}

/** A ranking, and the backend that was selected. */
export interface Selection extends Ranking {
  best: string;
  /** The backend that is active now. */
  backend: string;
  /** The backend that was active before; null if there was none. */
  previous: string | null;
}

/** The environment variable that names a backend to be selected. */
const BACKEND_VARIABLE = 'TFJS_SOFTMAX_BACKEND';

/** A choice that somebody has made. */
interface ExplicitChoice {
  backend: string;
  by: string;
}

/** See index.ts. */
export async function selectBackend(workload: Workload, options: SelectOptions): Promise<Selection> {
  const settings = settingsOf(options, typeof workload === 'function');
  const items = itemsOf(workload, settings.name);
  const explicit = explicitChoice(options);
  return oneAtATime(async () => {
    const previous = getBackend() || null;
    const active = (backend: string) => ({best: backend, backend, previous});
    if (explicit) {
      const withIt = {...settings, candidates: [...new Set([explicit.backend, ...settings.candidates])]};
      const failure = await activate(explicit.backend, settings);
      if (failure !== null) throw await refusal(explicit, failure, withIt);
      const ranking = await rank(items, {...withIt, mode: 'estimate'}, 'if new');
      const askedFor = ranking.candidates.filter(({backend}) => backend === explicit.backend);
      const candidates = [...new Set([...askedFor, ...ranking.candidates])];
      return {...ranking, why: `asked for by ${explicit.by}`, candidates, ...active(explicit.backend)};
    }
    const ranking = await rank(items, settings, 'if new');
    // An estimate starts nothing, so what it puts first may turn out not to start; then the next is tried.
    for (const candidate of ranking.candidates) {
      if (candidate.out !== null) continue;
      candidate.out = await activate(candidate.backend, settings);
      if (candidate.out !== null) continue;
      for (const item of items) await item.bringTo?.(candidate.backend);
      return {...chosenOf(ranking, candidate), ...active(candidate.backend)};
    }
    throw new Error(`selectBackend: no candidate can run. ${reasons(ranking)}`);
  });
}

function explicitChoice(options: SelectOptions): ExplicitChoice | null {
  const backend = option(options, 'backend', null);
  if (backend !== null && typeof backend !== 'string') {
    throw new Error(`selectBackend: backend is ${show(backend)}. It must be the name of a backend.`);
  }
  if (backend !== null) return {backend, by: 'the option `backend`'};
  const named = processOf()?.env?.[BACKEND_VARIABLE]?.trim();
  return named ? {backend: named, by: `the environment variable ${BACKEND_VARIABLE}`} : null;
}

/** @returns null if the backend is the active one now, or why it cannot be */
async function activate(name: string, {startLimitMs}: Settings): Promise<string | null> {
  const failure = await start(name, startLimitMs);
  if (failure !== null) return failure.why;
  const elsewhere = startUnderWay();
  if (elsewhere) {
    // Who waits for that start would make it the active one after us.
    await within(startLimitMs, elsewhere.done);
    if (startUnderWay()?.done === elsewhere.done) abandonStartUnderWay();
  }
  return (await setBackend(name)) ? null : 'tfjs cannot activate it';
}

async function refusal({backend, by}: ExplicitChoice, failure: string, {candidates, startLimitMs}: Settings) {
  const others = new Set([...candidates, ...engine().backendNames()]);
  others.delete(backend);
  const running: string[] = [];
  for (const name of others) if ((await start(name, startLimitMs)) === null) running.push(name);
  return new Error(
    `selectBackend: ${backend}, which ${by} asks for, cannot run: it ${failure}. ` +
      `Can run: ${running.join(', ') || 'none'}. Ask for one of these, or for none to get the fastest.`,
  );
}

function reasons({candidates}: Ranking): string {
  if (candidates.length === 0) return 'There are none: import a backend, such as @tensorflow/tfjs-backend-wasm.';
  return candidates.map(({backend, out}) => `${backend}: ${out}.`).join(' ');
}

/** The ranking, without those before the one that was made active: they could not be. */
function chosenOf(ranking: Ranking, chosen: RankedBackend): Ranking {
  const {candidates, best} = ranking;
  if (chosen.backend === best) return ranking;
  const failed = candidates.slice(0, candidates.indexOf(chosen));
  const others = candidates.slice(candidates.indexOf(chosen));
  const why = `the next, since ${failed.map(({backend, out}) => `${backend} ${out}`).join(', and ')}`;
  return {
    ...ranking,
    why,
    candidates: [...others, ...failed.map((one) => ({...one, ms: null, late: null, parts: []}))],
  };
}
