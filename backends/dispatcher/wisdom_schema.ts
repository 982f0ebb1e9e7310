/**
 * What a text must be to be taken for wisdom. Files, localStorage and whoever calls `importWisdom` may hand in anything: a
 * text is measured before it is parsed, checked field by field, and only fields that are known here are copied.
 */
import {option, show} from '../../kernels/check';
import {messageOf} from './environment';
import {OP_NAMES, type Op} from './ops';
import type {Timing} from './stopwatch';

/** What was measured of one backend, in milliseconds a call; or why it is out. */
export type Remembered = Timing | {failure: string};

/** What was measured of one op on rows of about one size. */
export interface WisdomEntry {
  op: Op;
  /** `outer x n x inner`, each rounded to a power of two: `64 x 1024 x 1` for [64, 1000] along its last axis. */
  rows: string;
  /** How many elements what was timed really had. */
  elements: number;
  backends: Record<string, Remembered>;
}

/** What a call takes on a backend: of softmax of [1, 4] and of [256, 1024], in milliseconds. */
export interface Probe {
  smallMs: number;
  largeMs: number;
}

export const FORMAT = 'tfjs-softmax wisdom, version 2';

/** In characters: thousands of entries. */
export const LONGEST_WISDOM = 4 * 2 ** 20;
/** In characters: what a program calls a function of its. */
export const LONGEST_NAME = 200;
/** Wisdom nests objects and arrays five deep. */
const DEEPEST_NESTING = 8;
/** Times in milliseconds outside of these are not measured ones. */
const [SHORTEST_MS, LONGEST_MS] = [1e-9, 1e9];
/** Each of three lengths is rounded by a factor of up to the square root of two. */
const MOST_ROUNDING = 2 ** 1.5 + 1e-9;

/** A JSON object from anywhere. */
export type Fields = Record<string, unknown>;

/** @throws if a text is no wisdom of this version's format; says what it is */
export function parseWisdom(json: string): Fields {
  if (typeof json !== 'string') {
    throw new Error(`it must be the text that exportWisdom() returned, but this is ${show(json)}`);
  }
  const wisdom = parse(json);
  if (option(wisdom, 'format', null) === FORMAT) return wisdom;
  throw new Error(`this is not wisdom of the format "${FORMAT}"; pass what exportWisdom() returned`);
}

/** @throws if a text is too long for wisdom, nested too deep, or no JSON; says which */
export function parse(text: string): Fields {
  if (text.length > LONGEST_WISDOM) {
    throw new Error(`it has ${text.length} characters, and wisdom has at most ${LONGEST_WISDOM}`);
  }
  if (isNestedTooDeep(text)) {
    throw new Error(`this is not wisdom: it nests more than ${DEEPEST_NESTING} objects and arrays`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(`this is not JSON (${messageOf(error)})`);
  }
  return isObject(parsed) ? parsed : {};
}

function isNestedTooDeep(json: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === '"') isInString = !isInString;
    else if (isInString) i += Number(c === '\\');
    else if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') depth--;
    if (depth > DEEPEST_NESTING) return true;
  }
  return false;
}

/** What wisdom holds, copied. @throws if a part is not what it must be; says which, and what it must be */
export function contentsOf(wisdom: Fields) {
  return {
    functions: listOf(wisdom, 'functions', checkedFunction),
    entries: listOf(wisdom, 'entries', checkedEntry),
    probes: checkedProbes(option(wisdom, 'probes', {})),
  };
}

type Problem = (what: string) => Error;

function listOf<T>(wisdom: Fields, key: string, checked: (entry: Fields, problem: Problem) => T): T[] {
  const list = option(wisdom, key, null);
  if (!Array.isArray(list)) throw new Error(`its ${key} must be an array, but are ${show(list)}`);
  return list.map((entry, i) => {
    const problem = (what: string) => new Error(`its ${key} are not ${key}: in number ${i} ${what}`);
    if (!isObject(entry)) throw problem(`there is ${show(entry)}. It must be an object`);
    return checked(entry, problem);
  });
}

function checkedProbes(probes: unknown): [backend: string, Probe][] {
  if (!isObject(probes)) throw new Error(`its probes must be an object, but are ${show(probes)}`);
  return Object.entries(probes).map(([name, value]) => {
    const [smallMs, largeMs] = isObject(value) ? [option(value, 'smallMs', 0), option(value, 'largeMs', 0)] : [];
    if (isTime(smallMs) && isTime(largeMs)) return [name, {smallMs, largeMs}];
    throw new Error(`its probe of ${show(name)} must be {smallMs, largeMs}, milliseconds above 0`);
  });
}

/** Whether a function may be called so in wisdom. */
export function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME && isLine(name);
}

/** A function of the program, by the name that it gave. */
function checkedFunction(entry: Fields, problem: Problem) {
  const name = option(entry, 'name', null);
  if (!isName(name)) throw problem(`name is ${show(name)}. It must be a text on one line`);
  return {name, backends: checkedBackends(entry, problem)};
}

function checkedEntry(entry: Fields, problem: Problem): WisdomEntry {
  const op = option(entry, 'op', null) as Op;
  const rows = option(entry, 'rows', null);
  const elements = option(entry, 'elements', null);
  if (!OP_NAMES.includes(op)) throw problem(`op is ${show(op)}. Allowed are ${OP_NAMES.join(', ')}`);
  if (typeof rows !== 'string' || !/^\d+ x \d+ x \d+$/.test(rows) || bucketOf(lengthsOf(rows)) !== rows) {
    throw problem(`rows are ${show(rows)}. They must be three powers of two or 0, such as 64 x 1024 x 1`);
  }
  if (typeof elements !== 'number' || !isAbout(elements, rows)) {
    throw problem(`elements are ${show(elements)}. They must be a whole number, about that of ${rows}`);
  }
  return {op, rows, elements, backends: checkedBackends(entry, problem)};
}

function checkedBackends(entry: Fields, problem: Problem): Record<string, Remembered> {
  const backends = option(entry, 'backends', null);
  if (!isObject(backends)) throw problem(`backends are ${show(backends)}. They must be an object`);
  const known = Object.entries(backends).map(([name, value]): [string, Remembered] => {
    const remembered = checkedRemembered(value);
    if (remembered !== null) return [name, remembered];
    throw problem(
      `backend ${show(name)} has no times. It must have {median, p20, p80, samples}, milliseconds above 0 with ` +
        'p20 <= median <= p80 and their number from 1, or {failure}, a line of text',
    );
  });
  return Object.fromEntries(known);
}

/** What was measured of a backend, copied; null if it is not such. */
export function checkedRemembered(value: unknown): Remembered | null {
  if (!isObject(value)) return null;
  const failure = option(value, 'failure', null);
  if (failure !== null) return typeof failure === 'string' && isLine(failure) ? {failure} : null;
  const [median, p20, p80, samples] = ['median', 'p20', 'p80', 'samples'].map((name) => option(value, name, null));
  if (!isTime(median) || !isTime(p20) || !isTime(p80) || !(p20 <= median && median <= p80)) return null;
  if (!Number.isSafeInteger(samples) || (samples as number) < 1) return null;
  return {median, p20, p80, samples: samples as number};
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= SHORTEST_MS && value <= LONGEST_MS;
}

/** Text that can stand in a table for people: short, without control characters, which a terminal would obey. */
function isLine(text: string): boolean {
  return text.length <= 1000 && !/\p{Cc}/u.test(text);
}

/** The rows of an entry for rows of these lengths: outer, n, inner. */
export function bucketOf(lengths: number[]): string {
  return lengths.map((length) => 2 ** Math.round(Math.log2(length))).join(' x ');
}

function lengthsOf(rows: string): number[] {
  return rows.split(' x ').map(Number);
}

function isAbout(elements: number, rows: string): boolean {
  const product = lengthsOf(rows).reduce((all, length) => all * length);
  return Number.isSafeInteger(elements) && elements <= product * MOST_ROUNDING && product <= elements * MOST_ROUNDING;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
