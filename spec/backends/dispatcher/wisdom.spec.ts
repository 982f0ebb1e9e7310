import '@tensorflow/tfjs-backend-cpu';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {exportWisdom, forgetWisdom, importWisdom, rankBackends, selectBackend} from '../../../index';
import {registerFake, SimulatedClock} from '../../hosts/fakes';

const clock = new SimulatedClock(0.1);
const TASK = {op: 'softmax', shape: [64, 10]} as const;
const MEASURED = {mode: 'measure', candidates: ['slow', 'fast'], clock: clock.now} as const;
const REMEMBERED = {candidates: ['slow', 'fast']};

let whole: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  registerFake('slow', {onKernel: () => clock.pass(2)});
  registerFake('fast', {onKernel: () => clock.pass(0.5)});
  registerFake('wrong', {distort: (values) => values.fill(0)});
  await rankBackends(TASK, {...MEASURED, candidates: ['slow', 'fast', 'wrong']});
  await rankBackends({op: 'gradLogSoftmax', shape: [4, 5, 6], axis: 1}, MEASURED);
  whole = exportWisdom();
});
beforeEach(() => forgetWisdom());

const sourceOf = async (workload: Parameters<typeof rankBackends>[0]) =>
  (await rankBackends(workload, REMEMBERED)).candidates[0]!.parts[0]!.source;

test('round trip: what was exported is imported, the same to the letter', async () => {
  expect(await sourceOf(TASK)).toBe('estimated');
  expect(importWisdom(whole)).toBe(2);
  expect(exportWisdom()).toBe(whole);
  const ranking = await rankBackends(TASK, {candidates: ['slow', 'fast', 'wrong']});
  expect(ranking.candidates.map(({backend}) => backend)).toEqual(['fast', 'slow', 'wrong']);
  expect(ranking.candidates[0]!.parts[0]).toMatchObject({source: 'remembered', timing: {samples: expect.any(Number)}});
  expect(ranking.candidates[2]!.out).toContain('wrong result');
  forgetWisdom();
  expect(await sourceOf(TASK)).toBe('estimated');
  expect(JSON.parse(exportWisdom()).entries).toEqual([]);
});

test('it holds for shapes of about that size, and that op, and those backends', async () => {
  importWisdom(whole);
  expect(await sourceOf({...TASK, shape: [60, 9]})).toBe('remembered');
  expect(await sourceOf({...TASK, shape: [9, 60], axis: 0})).toBe('estimated'); // rows with other strides
  expect(await sourceOf({...TASK, shape: [64, 100]})).toBe('estimated');
  expect(await sourceOf({...TASK, op: 'logSoftmax'})).toBe('estimated');
  expect(await sourceOf({op: 'gradLogSoftmax', shape: [4, 5, 6], axis: -2})).toBe('remembered');
  const withAnother = await rankBackends(TASK, {candidates: ['slow', 'fast', 'cpu']});
  expect(withAnother.candidates[0]!.parts[0]!.source).toBe('estimated');
  expect((await rankBackends(TASK, {...REMEMBERED, remember: false})).candidates[0]!.parts[0]!.source).toBe(
    'estimated',
  );
});

test('it can be read', () => {
  const wisdom = JSON.parse(whole);
  expect(whole.split('\n').length).toBeGreaterThan(20);
  expect(wisdom).toMatchObject({
    format: 'tfjs-softmax wisdom, version 1',
    versions: {'tfjs-core': tf.version_core},
    hardware: expect.stringMatching(/^Node \d+, .* cores, WebAssembly: simd/),
    entries: [
      {op: 'softmax', rows: '64 x 8 x 1', elements: 640, backends: {fast: {median: expect.any(Number)}}},
      {op: 'gradLogSoftmax', rows: '4 x 4 x 8'},
    ],
  });
});

/** Imports a text that may be damaged: it is refused and nothing changes, or it says what the whole one does. */
function importsRightOrRefuses(text: string): 'imported' | 'refused' {
  forgetWisdom();
  const nothing = exportWisdom();
  try {
    importWisdom(text);
  } catch (error) {
    expect((error as Error).message).toMatch(/^importWisdom: .* It is refused whole, and nothing has changed\.$/s);
    expect(exportWisdom()).toBe(nothing);
    return 'refused';
  }
  expect(exportWisdom()).toBe(whole);
  return 'imported';
}

test('a damaged byte at any place is refused, or does no harm', () => {
  const bytes = Buffer.from(whole);
  const outcomes = {imported: 0, refused: 0};
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [1, 2, 16, 32, 128]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= flip;
      outcomes[importsRightOrRefuses(damaged.toString())]++;
    }
  }
  expect(outcomes.refused).toBeGreaterThan(3 * bytes.length);
});

test('fuzzed: bytes replaced, cut out, put in; the end missing', () => {
  const position = fc.nat(whole.length - 2);
  fc.assert(
    fc.property(position, fc.nat(40), fc.string({maxLength: 8, unit: 'binary'}), (at, length, put) => {
      importsRightOrRefuses(whole.slice(0, at) + put + whole.slice(at + length));
    }),
    {numRuns: 1000},
  );
  fc.assert(fc.property(position, (at) => expect(importsRightOrRefuses(whole.trimEnd().slice(0, at))).toBe('refused')));
  fc.assert(fc.property(fc.json(), (json) => expect(importsRightOrRefuses(json)).toBe('refused')));
  fc.assert(fc.property(fc.anything(), (any) => expect(importsRightOrRefuses(any as string)).toBe('refused')));
});

test('whitespace does not matter', () => {
  importWisdom(JSON.stringify(JSON.parse(whole)));
  expect(exportWisdom()).toBe(whole);
});

/** Wisdom with something replaced, and a checksum that fits. */
function forged(change: (wisdom: Parsed) => void): string {
  const {checksum: _, ...content} = JSON.parse(whole);
  change(content);
  let crc = -1;
  for (const byte of Buffer.from(JSON.stringify(content))) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return JSON.stringify({...content, checksum: (~crc >>> 0).toString(16).padStart(8, '0')});
}

// biome-ignore lint/suspicious/noExplicitAny: parsed JSON, to be spoiled anywhere
type Parsed = any;

test.each<[string, (wisdom: Parsed) => void, string]>([
  [
    'another version of this package',
    (w) => {
      w.versions['tfjs-softmax'] = '0.0.1';
    },
    'it is of {"tfjs-softmax":"0.0.1"',
  ],
  [
    'another version of tfjs',
    (w) => {
      w.versions['tfjs-core'] = '4.0.0';
    },
    'it is of {',
  ],
  [
    'other hardware',
    (w) => {
      w.hardware = 'a toaster';
    },
    'it is of other hardware ("a toaster";',
  ],
  [
    'a later format',
    (w) => {
      w.format = 'tfjs-softmax wisdom, version 2';
    },
    'this is not wisdom of the format',
  ],
  [
    'an unknown op',
    (w) => {
      w.entries[0].op = 'softplus';
    },
    'its entries are not entries',
  ],
  [
    'times that are no times',
    (w) => {
      w.entries[1].backends.fast.median = -1;
    },
    'its entries are not entries',
  ],
  [
    'percentiles in disorder',
    (w) => {
      w.entries[0].backends.slow.p20 = 1e9;
    },
    'its entries are not entries',
  ],
  [
    'no sample',
    (w) => {
      w.entries[0].backends.slow.samples = 0;
    },
    'its entries are not entries',
  ],
  [
    'rows that are none',
    (w) => {
      w.entries[0].rows = '64';
    },
    'its entries are not entries',
  ],
  [
    'no backends',
    (w) => {
      w.entries[0].backends = null;
    },
    'its entries are not entries',
  ],
  [
    'no list',
    (w) => {
      w.entries = {};
    },
    'its entries are not entries',
  ],
])('%s is refused, though its checksum fits', (_, change, message) => {
  expect(importsRightOrRefuses(forged(() => {}))).toBe('imported');
  expect(() => importWisdom(forged(change))).toThrow(message);
  expect(importsRightOrRefuses(forged(change))).toBe('refused');
});

test('what is refused leaves what is known', () => {
  importWisdom(whole);
  expect(() => importWisdom(whole.replace('gradLogSoftmax', 'gradSoftmax'))).toThrow('it was damaged or edited');
  expect(exportWisdom()).toBe(whole);
});

describe('kept in a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wisdom-'));
  });
  afterEach(() => rmSync(folder, {recursive: true}));

  test('it is there in the next process', async () => {
    const file = join(folder, 'wisdom.json');
    await selectBackend(TASK, {...MEASURED, remember: file});
    expect(readFileSync(file, 'utf8')).toBe(exportWisdom());
    forgetWisdom();
    const start = clock.now();
    const selection = await selectBackend(TASK, {...MEASURED, remember: file});
    expect(selection).toMatchObject({backend: 'fast', why: 'the fastest, as remembered', notes: []});
    expect(clock.now()).toBe(start);
    await tf.setBackend('cpu');
  });

  test('a damaged one, or one that cannot be written, is said to be and changes nothing', async () => {
    const file = join(folder, 'wisdom.json');
    writeFileSync(file, whole.slice(1));
    const ranking = await rankBackends(TASK, {...REMEMBERED, remember: file});
    expect(ranking.notes).toEqual([expect.stringMatching(/wisdom\.json is not used: importWisdom: this is not JSON/)]);
    expect(String(ranking)).toContain('Note: wisdom in');
    const nowhere = join(folder, 'no', 'such', 'folder');
    const measured = await rankBackends(TASK, {...MEASURED, remember: nowhere});
    expect(measured.notes).toEqual([expect.stringContaining('is not kept: ENOENT')]);
    expect(existsSync(nowhere)).toBe(false);
  });

  test('localStorage, where there is none, likewise; and where there is, as in a browser', async () => {
    const without = await rankBackends(TASK, {...REMEMBERED, remember: 'localStorage'});
    expect(without.notes[0]).toBe('wisdom in localStorage is not used: there is no localStorage here');
    const items = new Map<string, string>();
    const localStorage = {
      getItem: (k: string) => items.get(k) ?? null,
      setItem: (k: string, v: string) => items.set(k, v),
    };
    Object.assign(globalThis, {localStorage});
    await rankBackends(TASK, {...MEASURED, remember: 'localStorage'});
    forgetWisdom();
    const ranking = await rankBackends(TASK, {...REMEMBERED, remember: 'localStorage'});
    expect(ranking.candidates[0]!.parts[0]!.source).toBe('remembered');
    Reflect.deleteProperty(globalThis, 'localStorage');
  });
});
