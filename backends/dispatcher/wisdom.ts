import {version_core} from '@tensorflow/tfjs-core';
import {show} from '../../kernels/check';
import {version} from '../../package.json';
import {messageOf} from './environment';
import {fingerprint} from './machine';
import {OP_NAMES, type Op} from './op_names';
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

const FORMAT = 'tfjs-softmax wisdom, version 1';

/** What wisdom is about: elsewhere it is worth nothing. */
interface Origin {
  versions: {'tfjs-softmax': string; 'tfjs-core': string};
  hardware: string;
}

const remembered = new Map<string, WisdomEntry>();

/**
 * What `rankBackends` and `selectBackend` have measured here, as JSON to be read and kept: for the next visit to a page
 * or the next start of a program. It holds for these versions and this hardware.
 */
export function exportWisdom(): string {
  const content = {format: FORMAT, ...origin(), entries: [...remembered.values()]};
  return `${JSON.stringify({...content, checksum: checksumOf(content)}, null, 1)}\n`;
}

/**
 * Takes what `exportWisdom` gave, in addition to what is known; what it says of an op and shape replaces what was known
 * of that.
 *
 * @param json what `exportWisdom` returned, unchanged
 * @returns how many entries it held
 * @throws if it is not whole, or from other versions or other hardware; then nothing has changed
 */
export function importWisdom(json: string): number {
  const entries = checkedEntries(json);
  for (const entry of entries) put(entry);
  return entries.length;
}

/** Forgets all that was measured; a file or localStorage keeps what it has. */
export function forgetWisdom(): void {
  remembered.clear();
}

/** What is known of an op on rows of about that size. */
export function entryOf(op: Op, rows: string): WisdomEntry | undefined {
  return remembered.get(keyOf(op, rows));
}

/** Keeps an entry in memory, in place of what was known of its op and rows. */
export function put(entry: WisdomEntry): void {
  remembered.set(keyOf(entry.op, entry.rows), entry);
}

function keyOf(op: Op, rows: string): string {
  return `${op} ${rows}`;
}

function origin(): Origin {
  return {versions: {'tfjs-softmax': version, 'tfjs-core': version_core}, hardware: fingerprint()};
}

/** CRC-32 of the content as JSON without whitespace: it tells any one damaged byte, and nearly all other damage. */
function checksumOf(content: object): string {
  let crc = -1;
  for (const byte of new TextEncoder().encode(JSON.stringify(content))) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (~crc >>> 0).toString(16).padStart(8, '0');
}

function checkedEntries(json: string): WisdomEntry[] {
  const refuse = (why: string) => new Error(`importWisdom: ${why}. It is refused whole, and nothing has changed.`);
  if (typeof json !== 'string')
    throw refuse(`it must be a text, what exportWisdom() returned, but this is ${show(json)}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw refuse(`this is not JSON (${messageOf(error)})`);
  }
  if (!isRecord(parsed) || parsed.format !== FORMAT) {
    throw refuse(`this is not wisdom of the format "${FORMAT}"; give what exportWisdom() returned`);
  }
  const {checksum, ...content} = parsed;
  if (checksum !== checksumOf(content)) throw refuse('it was damaged or edited: the checksum does not fit');
  const {versions, hardware} = origin();
  if (JSON.stringify(content.versions) !== JSON.stringify(versions)) {
    throw refuse(`it is of ${JSON.stringify(content.versions)}, but this is ${JSON.stringify(versions)}`);
  }
  if (content.hardware !== hardware) {
    throw refuse(`it is of other hardware ("${String(content.hardware)}"; this is "${hardware}")`);
  }
  if (!Array.isArray(content.entries) || !content.entries.every(isEntry)) throw refuse('its entries are not entries');
  return content.entries;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEntry(value: unknown): value is WisdomEntry {
  if (!isRecord(value) || !isRecord(value.backends)) return false;
  return (
    OP_NAMES.includes(value.op as Op) &&
    typeof value.rows === 'string' &&
    /^\d+ x \d+ x \d+$/.test(value.rows) &&
    Number.isSafeInteger(value.elements) &&
    (value.elements as number) >= 0 &&
    Object.values(value.backends).every(isRemembered)
  );
}

function isRemembered(value: unknown): value is Remembered {
  if (!isRecord(value)) return false;
  if (typeof value.failure === 'string') return true;
  const {median, p20, p80, samples} = value as Record<string, number>;
  return 0 <= p20! && p20! <= median! && median! <= p80! && Number.isSafeInteger(samples) && samples! > 0;
}
