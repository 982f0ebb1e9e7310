import {version_core} from '@tensorflow/tfjs-core';
import {option} from '../../kernels/check';
import {version} from '../../package.json';
import {messageOf} from './environment';
import {fingerprint} from './machine';
import type {Op} from './ops';
import {
  contentsOf,
  type Fields,
  FORMAT,
  type Probe,
  parseWisdom,
  type Remembered,
  type WisdomEntry,
} from './wisdom_schema';

/** In characters: a message may quote what a stranger wrote, but not all of it. */
const LONGEST_QUOTE = 300;

/** By op and rows. */
const entries = new Map<string, WisdomEntry>();
/** What is known of the program's functions, by their names; for each by the backend's name in wisdom, as below. */
export const functions = new Map<string, Record<string, Remembered>>();
/** What probes have found here. */
export const probes = new Map<string, Probe>();

/**
 * What `rankBackends` and `selectBackend` have measured, as readable JSON. Keep it for the next visit to the page, or the
 * next start of the program. It is valid for the same versions and hardware.
 *
 * @example
 * ```ts
 * const json = exportWisdom(); // keep it for importWisdom()
 * ```
 */
export function exportWisdom(): string {
  const content = {
    ...{format: FORMAT, versions: VERSIONS, hardware: fingerprint()},
    entries: [...entries.values()],
    functions: [...functions].map(([name, backends]) => ({name, backends})),
    probes: Object.fromEntries(probes),
  };
  return `${JSON.stringify(content, null, 1)}\n`;
}

/**
 * Adds what `exportWisdom` returned to what is known already; times for the same op and shape are replaced. The text may
 * come from anywhere: every field is checked, and unknown fields are dropped. Wrong times cannot be detected; they can make
 * a slower backend win, but never make a result wrong.
 *
 * @example
 * ```ts
 * const entries = importWisdom(exportWisdom());
 * ```
 *
 * @param json what `exportWisdom` returned; at most 4 Mi characters
 * @returns the number of ops and functions that it had times for
 * @throws if it is damaged, or from other versions or other hardware; then nothing was imported
 */
export function importWisdom(json: string): number {
  const contents = contentsFor(json);
  for (const entry of contents.entries) put(entry);
  for (const {name, backends} of contents.functions) putFunction(name, backends);
  for (const [backend, probe] of contents.probes) probes.set(backend, probe);
  return contents.entries.length + contents.functions.length;
}

/**
 * Forgets everything that was measured in this process; files and localStorage are not changed.
 *
 * @example
 * ```ts
 * forgetWisdom(); // rankings measure or estimate again
 * ```
 */
export function forgetWisdom(): void {
  for (const known of [entries, functions, probes]) known.clear();
}

/** Keeps what was measured of a function; what was known of it on other backends stays. */
export function putFunction(name: string, backends: Record<string, Remembered>): void {
  if (Object.keys(backends).length > 0) functions.set(name, {...functions.get(name), ...backends});
}

/** What is known of an op on rows of about that size. */
export function entryOf(op: Op, rows: string): WisdomEntry | undefined {
  return entries.get(keyOf(op, rows));
}

/** Keeps an entry in memory, in place of what was known of its op and rows. */
export function put(entry: WisdomEntry): void {
  entries.set(keyOf(entry.op, entry.rows), entry);
}

function keyOf(op: Op, rows: string): string {
  return `${op} ${rows}`;
}

const VERSIONS = {'tfjs-softmax': version, 'tfjs-core': version_core};

function contentsFor(json: string) {
  try {
    const wisdom = parseWisdom(json);
    checkOrigin(wisdom);
    return contentsOf(wisdom);
  } catch (error) {
    throw new Error(`importWisdom: ${messageOf(error)}. Nothing was imported.`);
  }
}

/** @throws if it was measured by other versions or on other hardware: here it is worth nothing */
function checkOrigin(wisdom: Fields): void {
  const ours = JSON.stringify(VERSIONS);
  const given = Object(option(wisdom, 'versions', null)) as Fields;
  const theirs = JSON.stringify(
    Object.fromEntries(Object.keys(VERSIONS).map((name) => [name, option(given, name, null)])),
  );
  if (theirs !== ours) throw new Error(`it is from ${theirs.slice(0, LONGEST_QUOTE)}, but this is ${ours}`);
  const hardware = option(wisdom, 'hardware', null);
  if (hardware === fingerprint()) return;
  const quoted = JSON.stringify(hardware).slice(0, LONGEST_QUOTE);
  throw new Error(`it is from other hardware (${quoted}; this is "${fingerprint()}")`);
}
