import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {functionOf} from '../../../backends/dispatcher/recall';
import {putFunction} from '../../../backends/dispatcher/wisdom';
import {exportWisdom, forgetWisdom, importWisdom, rankBackends} from '../../../index';
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

test('of a function what is known on other backends stays', () => {
  const timing = {median: 1, p20: 1, p80: 1, samples: 5};
  putFunction('predict', {cpu: timing});
  putFunction('predict', {wasm: timing});
  putFunction('predict', {});
  expect(functionOf('predict')).toEqual({cpu: timing, wasm: timing});
  putFunction('another', {});
  expect(functionOf('another')).toBeUndefined();
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
    format: 'tfjs-softmax wisdom, version 2',
    versions: {'tfjs-core': tf.version_core},
    hardware: expect.stringMatching(/^Node \d+, .* cores, WebAssembly: simd/),
    entries: [
      {op: 'softmax', rows: '64 x 8 x 1', elements: 640, backends: {fast: {median: expect.any(Number)}}},
      {op: 'gradLogSoftmax', rows: '4 x 4 x 8'},
    ],
  });
});

/**
 * Imports a text that may be damaged: it is refused and nothing changes, or what it says is wisdom. Whether a time is the
 * one that was measured, nobody can tell.
 */
function importsValidOrRefuses(text: string): 'imported' | 'refused' {
  forgetWisdom();
  const nothing = exportWisdom();
  try {
    importWisdom(text);
  } catch (error) {
    expect((error as Error).message).toMatch(/^importWisdom: .* Nothing was imported\.$/s);
    expect(exportWisdom()).toBe(nothing);
    return 'refused';
  }
  const taken = exportWisdom();
  for (const {backends} of JSON.parse(taken).entries) {
    for (const {failure, median, p20, p80, samples} of Object.values<Parsed>(backends)) {
      if (failure !== undefined) expect(failure).toEqual(expect.any(String));
      else expect([0 < p20, p20 <= median, median <= p80, p80 < Infinity, samples >= 1]).not.toContain(false);
    }
  }
  forgetWisdom();
  importWisdom(taken);
  expect(exportWisdom()).toBe(taken);
  return 'imported';
}

test('a damaged byte at any place is refused, or leaves wisdom', () => {
  const bytes = Buffer.from(whole);
  const outcomes = {imported: 0, refused: 0};
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [1, 2, 16, 32, 128]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= flip;
      outcomes[importsValidOrRefuses(damaged.toString())]++;
    }
  }
  expect(outcomes.refused).toBeGreaterThan(2 * bytes.length);
});

test('fuzzed: bytes replaced, cut out, put in; the end missing', () => {
  const position = fc.nat(whole.length - 2);
  fc.assert(
    fc.property(position, fc.nat(40), fc.string({maxLength: 8, unit: 'binary'}), (at, length, put) => {
      importsValidOrRefuses(whole.slice(0, at) + put + whole.slice(at + length));
    }),
    {numRuns: 1000},
  );
  fc.assert(fc.property(position, (at) => expect(importsValidOrRefuses(whole.trimEnd().slice(0, at))).toBe('refused')));
  fc.assert(fc.property(fc.json(), (json) => expect(importsValidOrRefuses(json)).toBe('refused')));
  fc.assert(fc.property(fc.anything(), (any) => expect(importsValidOrRefuses(any as string)).toBe('refused')));
});

test('fuzzed: anything in the place of a field', () => {
  const places = ['format', 'versions', 'hardware', 'entries', 'entries.0', 'entries.1.op', 'entries.1.rows'].concat(
    ['entries.1.elements', 'entries.0.backends', 'entries.0.backends.fast', 'entries.0.backends.wrong.failure'],
    ['median', 'p20', 'p80', 'samples'].map((name) => `entries.0.backends.slow.${name}`),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.jsonValue({maxDepth: 2}), (place, value) => {
      importsValidOrRefuses(
        changed((wisdom) => {
          const path = place.split('.');
          const parent = path.slice(0, -1).reduce((object, name) => object[name], wisdom);
          parent[path.at(-1)!] = value;
        }),
      );
    }),
    {numRuns: 2000},
  );
});

test('whitespace does not matter', () => {
  importWisdom(JSON.stringify(JSON.parse(whole)));
  expect(exportWisdom()).toBe(whole);
});

/** Wisdom with something replaced. */
function changed(change: (wisdom: Parsed) => void): string {
  const wisdom = JSON.parse(whole);
  change(wisdom);
  return JSON.stringify(wisdom);
}

// biome-ignore lint/suspicious/noExplicitAny: parsed JSON, to be spoiled anywhere
type Parsed = any;

test.each<[string, (wisdom: Parsed) => void, string]>([
  [
    'another version of this package',
    (w) => {
      w.versions['tfjs-softmax'] = '0.0.1';
    },
    'it is from {"tfjs-softmax":"0.0.1"',
  ],
  [
    'another version of tfjs',
    (w) => {
      w.versions['tfjs-core'] = '4.0.0';
    },
    'it is from {',
  ],
  [
    'other hardware',
    (w) => {
      w.hardware = 'a toaster';
    },
    'it is from other hardware ("a toaster";',
  ],
  [
    'a later format',
    (w) => {
      w.format = 'tfjs-softmax wisdom, version 3';
    },
    'this is not wisdom of the format',
  ],
  [
    'an unknown op',
    (w) => {
      w.entries[0].op = 'softplus';
    },
    "its entries are not entries: in number 0 op is 'softplus'. Allowed are softmax",
  ],
  ...[-1, 0, null, '1', [1], {}, true, 1e300, 1e-300].map((median): [string, (w: Parsed) => void, string] => [
    `a median of ${JSON.stringify(median)}`,
    (w) => {
      Object.assign(w.entries[1].backends.fast, {median, p20: median, p80: median});
    },
    "in number 1 backend 'fast' has no times. It must have {median, p20, p80, samples}, milliseconds above 0",
  ]),
  [
    'percentiles in disorder',
    (w) => {
      w.entries[0].backends.slow.p20 = 1e5;
    },
    "in number 0 backend 'slow' has no times",
  ],
  ...[0, 1.5, '5', null].map((samples): [string, (w: Parsed) => void, string] => [
    `${JSON.stringify(samples)} samples`,
    (w) => {
      w.entries[0].backends.slow.samples = samples;
    },
    "backend 'slow' has no times",
  ]),
  ...['', '64', '64 x 8', '63 x 8 x 1', '064 x 8 x 1', '64 x 8 x 1 x 1', 64, null, ['64 x 8 x 1']].map(
    (rows): [string, (w: Parsed) => void, string] => [
      `rows of ${JSON.stringify(rows)}`,
      (w) => {
        w.entries[0].rows = rows;
      },
      'They must be three powers of two or 0, such as 64 x 1024 x 1',
    ],
  ),
  ...[0, -640, 640.5, 64, 6400, null, '640', 2 ** 60].map((elements): [string, (w: Parsed) => void, string] => [
    `${JSON.stringify(elements)} elements`,
    (w) => {
      w.entries[0].elements = elements;
    },
    'They must be a whole number, about that of 64 x 8 x 1',
  ]),
  ...[null, [], 'fast'].map((backends): [string, (w: Parsed) => void, string] => [
    `backends of ${JSON.stringify(backends)}`,
    (w) => {
      w.entries[0].backends = backends;
    },
    'They must be an object',
  ]),
  ...['a\u001b[2Jscreen', 'two\nlines', 'x'.repeat(1001), 5, []].map(
    (failure): [string, (w: Parsed) => void, string] => [
      `a failure of ${JSON.stringify(failure).slice(0, 30)}`,
      (w) => {
        w.entries[0].backends.wrong.failure = failure;
      },
      "backend 'wrong' has no times",
    ],
  ),
  [
    'no list',
    (w) => {
      w.entries = {};
    },
    'its entries must be an array, but are an Object',
  ],
  [
    'no entry',
    (w) => {
      w.entries[1] = null;
    },
    'in number 1 there is null. It must be an object',
  ],
])('%s is refused', (_, change, message) => {
  expect(importsValidOrRefuses(changed(() => {}))).toBe('imported');
  expect(() => importWisdom(changed(change))).toThrow(message);
  expect(importsValidOrRefuses(changed(change))).toBe('refused');
});

test('a time beyond what a number holds is refused', () => {
  const text = whole.replace(/"(median|p80)": [\d.e-]+/g, '"$1": 1e400');
  expect(() => importWisdom(text)).toThrow('has no times');
});

test('fields that wisdom does not have are dropped, and those of Object.prototype are not its own', () => {
  const more = changed((wisdom) => {
    for (const object of [wisdom, wisdom.versions, wisdom.entries[0], wisdom.entries[0].backends.slow]) {
      Object.assign(object, {checksum: 'c0ffee', more: {a: 1}});
    }
  }).replace('"more"', '"__proto__"');
  expect(importWisdom(more)).toBe(2);
  expect(exportWisdom()).toBe(whole);
  expect(Object.prototype).not.toHaveProperty('more');

  const {op, rows, elements} = JSON.parse(whole).entries[0];
  const without = changed((wisdom) => wisdom.entries.unshift({backends: {}}));
  Object.assign(Object.prototype, {op, rows, elements});
  try {
    expect(() => importWisdom(without)).toThrow('in number 0 op is null');
  } finally {
    for (const name of ['op', 'rows', 'elements']) Reflect.deleteProperty(Object.prototype, name);
  }
});

test('a backend may have any name, also one that objects inherit', async () => {
  const named = changed(({entries: [{backends}]}) => {
    backends.constructor = backends.slow;
  }).replace('"gradLogSoftmax"', '"softmin"');
  importWisdom(named.replace('"constructor"', '"__proto__"'));
  expect(JSON.parse(exportWisdom()).entries[0].backends).toHaveProperty(['__proto__', 'median']);
  importWisdom(named);
  const {candidates} = await rankBackends(TASK, {candidates: ['constructor', 'toString', 'slow', 'fast']});
  const out = candidates.filter((candidate) => candidate.out !== null).map(({backend}) => backend);
  expect(out).toEqual(['constructor', 'toString']);
});

test('texts too long or nested too deep are refused before they are parsed', () => {
  const parse = jest.spyOn(JSON, 'parse');
  expect(() => importWisdom(' '.repeat(50 * 2 ** 20))).toThrow(
    'it has 52428800 characters, and wisdom has at most 4194304',
  );
  for (const [open, close] of ['[]', '{}']) {
    const start = open === '[' ? '['.repeat(20_000) : '{"a":'.repeat(20_000);
    expect(() => importWisdom(`${start}1${close!.repeat(20_000)}`)).toThrow('it nests more than 8 objects and arrays');
  }
  expect(parse).not.toHaveBeenCalled();
  parse.mockRestore();
  // Brackets in texts are no nesting.
  const brackets = changed(({entries: [{backends}]}) => {
    backends.wrong.failure = '[[[[[[[[[[ \\"{{{{{{{{{{{ \\\\';
  });
  expect(importsValidOrRefuses(brackets)).toBe('imported');
});

test('messages quote little of what a stranger wrote', () => {
  const long = 'x'.repeat(1e6);
  for (const change of [
    (w: Parsed) => Object.assign(w, {hardware: long}),
    (w: Parsed) => Object.assign(w.versions, {'tfjs-core': long}),
    (w: Parsed) => Object.assign(w.entries[0], {op: long}),
    (w: Parsed) => Object.assign(w.entries[0].backends, {[long]: 1}),
  ]) {
    expect(() => importWisdom(changed(change))).toThrow(/^.{100,1000}$/s);
  }
});

test('a time of 0, by a clock too coarse for what it times, is not remembered', async () => {
  let calls = 0;
  // One pause, in the first sample: so one call seems to be long enough for a sample.
  registerFake('quick', {onKernel: () => clock.pass(++calls === 2 ? 25 : 1e-6)});
  await rankBackends(TASK, {...MEASURED, candidates: ['quick']});
  for (const {backends} of JSON.parse(exportWisdom()).entries) {
    for (const {p20} of Object.values<Parsed>(backends)) expect(p20).toBeGreaterThan(0);
  }
  const exported = exportWisdom();
  importWisdom(exported);
  expect(exportWisdom()).toBe(exported);
});

test('what is refused leaves what is known', () => {
  importWisdom(whole);
  expect(() => importWisdom(whole.replace('gradLogSoftmax', 'gradSoftplus'))).toThrow("op is 'gradSoftplus'");
  expect(exportWisdom()).toBe(whole);
});
