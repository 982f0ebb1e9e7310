import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {OP_NAMES} from '../../backends/dispatcher/ops';
import * as family from '../../index';
import {stateOfTfjs} from '../hosts/fakes';
import {ANYTHING} from './anything';
import {OPS} from './case';
import {fuzzParameters} from './parameters';

/** The dispatcher's functions with any arguments: a ranking, or an error that says what is allowed; tfjs as it was. */

const workloadItem = fc.record(
  {
    op: fc.constantFrom(...OP_NAMES),
    shape: fc.array(fc.nat(40), {minLength: 1, maxLength: 4}),
    weight: fc.nat(3).map((w) => w + 1),
    residency: fc.constantFrom('cpu', 'wasm', 'webgl'),
  },
  {requiredKeys: ['op', 'shape']},
);
const options = fc.record(
  {
    mode: fc.constant('estimate' as const),
    candidates: fc.subarray(['cpu', 'wasm', 'nonesuch'], {minLength: 1}),
    budgetMs: fc.nat(100),
    deterministic: fc.boolean(),
    remember: fc.constantFrom(true, false),
    startLimitMs: fc.nat(5000),
  },
  {requiredKeys: []},
);
/** In one place of the arguments anything may stand. */
const spoilt = fc.record({
  item: workloadItem,
  options,
  place: fc.constantFrom(
    ...['item.op', 'item.shape', 'item.axis', 'item.weight', 'item.residency', 'item', 'options', 'options.mode'],
    ...['options.candidates', 'options.budgetMs', 'options.deterministic', 'options.remember', 'options.startLimitMs'],
    ...['options.onProgress', 'options.clock'],
  ),
  value: ANYTHING,
});

type Spoilt = typeof spoilt extends fc.Arbitrary<infer T> ? T : never;

function argumentsOf({item, options: given, place, value}: Spoilt): [never, never] {
  const [name, key] = place.split('.') as [string, string | undefined];
  const parts: Record<string, unknown> = {item, options: {...given, remember: false}};
  parts[name] = key ? {...(parts[name] as object), [key]: value} : value;
  return [parts.item as never, parts.options as never];
}

/** An error of ours says what must be; anything else is a fault. */
function expectClear(error: unknown): void {
  expect(error).toMatchObject({name: 'Error', message: expect.stringMatching(/must|Allowed|There are none|Name at/)});
}

beforeAll(async () => {
  await tf.setBackend('wasm');
  await tf.setBackend('cpu');
});

test('rankBackends', async () => {
  await fc.assert(
    fc.asyncProperty(spoilt, async (given) => {
      const before = stateOfTfjs();
      try {
        const ranking = await family.rankBackends(...argumentsOf(given));
        // Of a function that was not run nothing is known.
        const isUnknown = typeof given.value === 'function' && given.place === 'item';
        expect(ranking.candidates.every(({ms, out}) => isUnknown || (ms === null) === (out !== null))).toBe(true);
        expect(`${ranking}`).not.toHaveLength(0);
      } catch (error) {
        expectClear(error);
      }
      expect(stateOfTfjs()).toEqual(before);
    }),
    fuzzParameters('rankBackends', 2000),
  );
});

test('selectBackend', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(ANYTHING, fc.constantFrom('cpu', 'wasm', 'nonesuch')), async (backend) => {
      const before = stateOfTfjs();
      try {
        const selection = await family.selectBackend({op: 'softmax', shape: [3]}, {backend: backend as never});
        expect(tf.getBackend()).toBe(selection.backend);
      } catch (error) {
        expect(error).toMatchObject({name: 'Error', message: expect.stringMatching(/must be the name|Can run: /)});
        expect(stateOfTfjs()).toEqual(before);
      }
      await tf.setBackend('cpu');
    }),
    fuzzParameters('selectBackend', 300),
  );
});

test('backendReport', async () => {
  const asked = fc.oneof(ANYTHING, fc.record({start: ANYTHING}), fc.record({startLimitMs: ANYTHING}));
  await fc.assert(
    fc.asyncProperty(asked, async (given) => {
      const before = stateOfTfjs();
      try {
        const report = await family.backendReport(given as never);
        expect(report.backends.map(({name}) => name).sort()).toEqual(['cpu', 'wasm']);
      } catch (error) {
        expectClear(error);
      }
      expect(stateOfTfjs()).toEqual(before);
    }),
    fuzzParameters('backendReport', 300),
  );
});

test('importWisdom refuses whatever is not wisdom, and keeps what it had', async () => {
  await family.rankBackends({op: 'softmax', shape: [64]}, {mode: 'measure', budgetMs: 5000});
  const wisdom = family.exportWisdom();
  const damaged = fc.tuple(fc.nat(wisdom.length - 1), fc.string({minLength: 1, maxLength: 3})).map(([at, text]) => {
    return wisdom.slice(0, at) + text + wisdom.slice(at + text.length);
  });
  fc.assert(
    fc.property(fc.oneof(ANYTHING, damaged, fc.json()), (given) => {
      family.forgetWisdom();
      family.importWisdom(wisdom);
      try {
        family.importWisdom(given as never);
      } catch (error) {
        expect(error).toMatchObject({name: 'Error', message: expect.stringContaining('Nothing was imported')});
        expect(family.exportWisdom()).toBe(wisdom);
        return;
      }
      // What was taken is wisdom, if perhaps with another time: it can be taken again.
      const taken = family.exportWisdom();
      family.forgetWisdom();
      family.importWisdom(taken);
      expect(family.exportWisdom()).toBe(taken);
    }),
    fuzzParameters('importWisdom', 2000),
  );
  family.forgetWisdom();
  expect(JSON.parse(family.exportWisdom()).entries).toEqual([]);
});

test('setWasmModule refuses whatever is no module of this package', () => {
  fc.assert(
    fc.property(ANYTHING, (given) => {
      fc.pre(given !== null);
      expect(() => family.setWasmModule(given as never)).toThrow(/^setWasmModule: .*Pass a compiled \.wasm file/);
    }),
    fuzzParameters('setWasmModule', 500),
  );
});

test('enableWebGPU in the build for pages, where there is no WebGPU, says so or what is wrong', async () => {
  const asked = fc.oneof(ANYTHING, fc.record({adapter: ANYTHING}));
  await fc.assert(
    fc.asyncProperty(asked, async (given) => {
      await expect(family.enableWebGPU(given as never)).rejects.toThrow(
        /^enableWebGPU: .*(must|is for Node|there is no WebGPU here)/,
      );
    }),
    fuzzParameters('enableWebGPU', 500),
  );
});

test('setThreads takes a count or null, and getThreads gives it back', () => {
  const counts = fc.oneof(ANYTHING, fc.integer({min: -2, max: 70}));
  fc.assert(
    fc.property(counts, (given) => {
      const isCount = Number.isInteger(given) && (given as number) >= 1 && (given as number) <= 64;
      if (isCount || given === null) {
        family.setThreads(given as never);
        if (isCount) expect(family.getThreads()).toBe(given);
      } else expect(() => family.setThreads(given as never)).toThrow(/^setThreads: count must be an integer/);
    }),
    fuzzParameters('setThreads', 500),
  );
  family.setThreads(null);
});

test('enableWasmThreads refuses whatever is not the module of the wasm backend', async () => {
  await fc.assert(
    fc.asyncProperty(ANYTHING, ANYTHING, async (module, given) => {
      const threads = family.enableWasmThreads(module as never, given as never);
      await expect(threads).rejects.toThrow(/^enableWasmThreads: .*must/);
    }),
    fuzzParameters('enableWasmThreads', 500),
  );
});

describe('checkGradients, at once and awaited', () => {
  let x: tf.Tensor;
  beforeAll(() => {
    x = tf.tensor1d([1, 2, 3]);
  });
  const spoiltCheck = fc.record({
    place: fc.constantFrom(
      ...['f', 'inputs', 'options', 'options.order', 'options.directions', 'options.modes', 'options.against'],
      ...['options.step', 'options.rtol', 'options.atol', 'options.seed', 'options.raise'],
    ),
    value: ANYTHING,
  });

  const {checkGradients, checkGradientsAsync} = family;
  test.each(Object.entries({checkGradients, checkGradientsAsync}))('%s', async (name, check) => {
    await fc.assert(
      fc.asyncProperty(spoiltCheck, async ({place, value}) => {
        // Many orders or directions are right, and take long.
        fc.pre(!/order|directions/.test(place) || !(typeof value === 'number' && value > 3));
        const parts: Record<string, unknown> = {f: family.softmax, inputs: x, options: {raise: false}};
        const [part, key] = place.split('.') as [string, string | undefined];
        parts[part] = key ? {...(parts[part] as object), [key]: value} : value;
        const before = stateOfTfjs();
        try {
          const report = await check(parts.f as never, parts.inputs as never, parts.options as never);
          expect(report.checks.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({
            name: 'Error',
            message: expect.stringMatching(`^${name}: .*(must|Allowed|Pass )`),
          });
        }
        expect(stateOfTfjs()).toEqual(before);
      }),
      fuzzParameters(name, 500),
    );
  });
});

test('every public function is fuzzed: here, in fuzz/run.ts, or in a file of its own', () => {
  const ranking = ['rankBackends', 'selectBackend', 'backendReport', 'importWisdom', 'exportWisdom', 'forgetWisdom'];
  const threads = ['setThreads', 'getThreads', 'enableWasmThreads'];
  const here = [...ranking, ...threads, 'setWasmModule', 'enableWebGPU', 'checkGradients', 'checkGradientsAsync'];
  const there = ['install', 'uninstall', ...OPS.filter((op) => !op.startsWith('tf.'))];
  expect(Object.keys(family).sort()).toEqual([...here, ...there].sort());
});
