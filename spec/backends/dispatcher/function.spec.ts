import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {contradicted, leavesOf} from '../../../backends/dispatcher/agreement';
import {itemsOf} from '../../../backends/dispatcher/items';
import {
  exportWisdom,
  forgetWisdom,
  importWisdom,
  type Ranking,
  rankBackends,
  selectBackend,
  softmax,
} from '../../../index';
import {registerFake, removeFake, SimulatedClock, stateOfTfjs} from '../../hosts/fakes';

/** A function of the program as the workload. */

/** Milliseconds that no machine is too busy for: measuring ends long before. */
const ENOUGH = 60_000;

const byName = (ranking: Ranking, name: string) => ranking.candidates.find(({backend}) => backend === name)!;
const sources = (ranking: Ranking) => ranking.candidates.map(({parts}) => parts[0]?.source);

/** Everything that must be as it was, with what each backend holds. */
function everything() {
  const {registry, state} = tf.engine();
  const held = Object.entries(registry).map(([name, backend]) => [name, backend.numDataIds()]);
  return {...stateOfTfjs(), held: Object.fromEntries(held), scopes: state.scopeStack.length};
}
const placeOf = ({dataId}: tf.Tensor) => tf.engine().state.tensorInfo.get(dataId)!.backend;

const names: string[] = [];
function fake(name: string, faults: Parameters<typeof registerFake>[1]): string {
  registerFake(name, faults);
  names.push(name);
  return name;
}

let x: tf.Tensor2D;
let weights: tf.Variable;
const predict = () => softmax(tf.matMul(x, weights));

beforeAll(async () => {
  await tf.setBackend('wasm');
  await tf.setBackend('cpu');
  x = tf.tensor2d([
    [1, 2, 3],
    [-1, 0, 1],
  ]);
  weights = tf.variable(
    tf.tensor2d([
      [1, 0],
      [0.5, -1],
      [2, 1],
    ]),
  );
});
beforeEach(() => forgetWisdom());
afterEach(async () => {
  await tf.setBackend('cpu');
  for (const name of names.splice(0)) removeFake(name);
});

test('it is run on each candidate, by default measured, and all is as it was', async () => {
  const before = everything();
  const places = [placeOf(x), placeOf(weights)];
  const {dataId} = weights;
  const ranOn = new Set<string>();
  const run = () => {
    ranOn.add(tf.getBackend());
    return predict();
  };
  const ranking = await rankBackends(run, {budgetMs: ENOUGH});
  expect(ranking.mode).toBe('measure');
  expect([...ranOn].sort()).toEqual(['cpu', 'wasm']);
  expect(sources(ranking)).toEqual(['measured', 'measured']);
  expect(ranking.candidates[0]!.parts[0]).toMatchObject({op: 'function', shape: [], weight: 1, moveMs: 0});
  expect(ranking.candidates[0]!.parts[0]!.firstMs).toBeGreaterThan(0);
  expect(everything()).toEqual(before);
  expect([placeOf(x), placeOf(weights)]).toEqual(places);
  expect(weights.dataId).toBe(dataId);
  expect(Array.from(weights.dataSync())).toEqual([1, 0, 0.5, -1, 2, 1]);
  expect(ranking.weighed).toBe("the function's whole run");
  expect(String(ranking)).toMatch(/^\w+: .*, for the function's whole run\.\n/);
});

test('what each backend gives is what the program gets there: kernels ran on it', async () => {
  let calls = 0;
  fake('counted', {onKernel: () => calls++});
  await rankBackends(predict, {candidates: ['counted']});
  expect(calls).toBeGreaterThan(5);
});

test('tensors that the function leaves behind are disposed of, as by tf.tidy', async () => {
  const before = everything();
  await rankBackends(() => softmax(tf.matMul(x, weights)).argMax(-1));
  await rankBackends(() => {
    tf.matMul(x, weights);
  });
  expect(everything()).toEqual(before);
});

describe('what it returns', () => {
  test.each<[string, () => unknown]>([
    ['an array', () => [predict(), tf.sum(x)]],
    ['an object of objects', () => ({scores: predict(), more: {sum: tf.sum(x), none: null}})],
    ['a number', () => predict().dataSync()[0]],
    ['a typed array', () => predict().dataSync()],
    ['texts', () => tf.tensor1d(['a', 'b'])],
    ['a promise', async () => predict()],
    ['a promise of numbers', async () => (await tf.tidy(predict).data())[0]],
  ])('%s', async (_, run) => {
    const before = everything();
    const ranking = await rankBackends(run, {budgetMs: ENOUGH});
    expect(ranking.candidates.map(({out}) => out)).toEqual([null, null]);
    expect(ranking.notes).toEqual([]);
    expect(everything()).toEqual(before);
  });

  test('nothing: that is said, since nothing can be compared', async () => {
    const ranking = await rankBackends(() => tf.tidy(() => void predict()), {budgetMs: ENOUGH});
    expect(ranking.notes).toEqual(['the results were not compared, since the function returns no tensors or numbers']);
    expect(sources(ranking)).toEqual(['measured', 'measured']);
  });

  test('variables and tensors of the program, which are left alone', async () => {
    const before = everything();
    await rankBackends(() => [weights, x, tf.reshape(weights, [6])], {budgetMs: ENOUGH});
    expect(everything()).toEqual(before);
    expect(weights.isDisposed || x.isDisposed).toBe(false);
    expect(Array.from(weights.dataSync())).toEqual([1, 0, 0.5, -1, 2, 1]);
    tf.tidy(() => expect(tf.sum(weights).dataSync()[0]).toBe(3.5));
  });
});

test('what the function keeps for its next call is neither disposed of nor called left behind', async () => {
  let kept: tf.Tensor | undefined;
  const keeping = () => {
    kept ??= tf.keep(tf.tensor1d([1, 2]));
    return tf.add(kept, 1);
  };
  const later = async () => {
    const result = keeping();
    await null;
    return result;
  };
  for (const run of [keeping, later]) {
    kept = undefined;
    const {candidates, notes} = await rankBackends(run, {candidates: ['cpu'], budgetMs: 50});
    expect(candidates[0]!.out).toBeNull();
    if (run === keeping) expect(notes).toEqual([]);
    expect(Array.from(kept!.dataSync())).toEqual([1, 2]);
    kept!.dispose();
  }
});

test('what is not timed is estimated by the fastest that is', () => {
  const [item] = itemsOf(() => tf.ones([2]), null);
  const known = ['cpu', 'wasm', 'webgl'].map((backend, i) => ({backend, ms: [9, 1, 4][i]!}));
  expect(item!.estimate('tensorflow', known, true).from).toMatch(/times wasm's, as whole models take about$/);
});

describe('results are compared', () => {
  test('as loosely as the less exact of two allows', () => {
    const given = (backend: string, value: number, tolerance: number) => {
      return {backend, result: [{kind: 'number', values: [value]}], tolerance};
    };
    for (const [exact, rough] of [
      ['cpu', 'webgl'],
      ['webgl', 'cpu'],
    ] as const) {
      const near = [given(exact, 1, 1e-3), given(rough, 1.01, 5e-2)];
      expect(contradicted(near)).toEqual({out: new Map(), note: null});
      expect(contradicted(near.reverse())).toEqual({out: new Map(), note: null});
    }
  });

  test('what holds itself is walked through once', () => {
    const cyclic: Record<string, unknown> = {one: 1, list: [2, [3]]};
    cyclic.self = cyclic;
    (cyclic.list as unknown[]).push(cyclic.list);
    expect(leavesOf(cyclic)).toEqual([1, 2, 3]);
  });

  test('where two that are finite differ, a third that is not says nothing of them', () => {
    const given = [1, 2, Number.NaN].map((value, i) => {
      return {backend: 'abc'[i]!, result: [{kind: 'number', values: [value]}], tolerance: 1e-3};
    });
    expect(contradicted(given)).toEqual({
      out: new Map(),
      note: 'b gives 2 where there is 1 (element 0) on a; which of them is right is not known',
    });
    expect([...contradicted([{...given[0]!, backend: 'cpu'}, ...given.slice(1)]).out.keys()]).toEqual(['b', 'c']);
  });

  test('one that most others contradict is out, with what it gave', async () => {
    fake('off', {distort: (y) => y.fill(y[0]! * 0.98, 0, 1)});
    const ranking = await rankBackends(predict, {budgetMs: ENOUGH});
    expect(byName(ranking, 'off').out).toMatch(
      /^gives another result than (cpu and wasm|wasm and cpu): it gives 0\.\d+ where there is 0\.\d+ \(element 0\)$/,
    );
    expect(byName(ranking, 'cpu').out ?? byName(ranking, 'wasm').out).toBeNull();
    expect(ranking.best).not.toBe('off');
  });

  test('a tolerance of its own', async () => {
    fake('off', {distort: (y) => y.fill(y[0]! * 0.98, 0, 1)});
    const ranking = await rankBackends(predict, {budgetMs: ENOUGH, tolerance: 0.1});
    expect(byName(ranking, 'off').out).toBeNull();
    const strict = await rankBackends(predict, {budgetMs: ENOUGH, tolerance: 0});
    expect(byName(strict, 'off').out).not.toBeNull();
  });

  test('of two, one that is not finite where the other is, is out', async () => {
    fake('lost', {distort: (y) => y.fill(Number.NaN, 0, 1)});
    fake('fine', {});
    const ranking = await rankBackends(predict, {candidates: ['lost', 'fine'], budgetMs: ENOUGH});
    expect(byName(ranking, 'lost').out).toContain('gives NaN where there is 0');
    expect(byName(ranking, 'fine').out).toBeNull();
  });

  test('of two, cpu is believed; without it both stay, and a note says that they differ', async () => {
    fake('off', {distort: (y) => y.fill(0.5)});
    fake('fine', {});
    expect(byName(await rankBackends(predict, {candidates: ['off', 'cpu'], budgetMs: ENOUGH}), 'off').out).toContain(
      'another result than cpu',
    );
    const {candidates, notes} = await rankBackends(predict, {candidates: ['off', 'fine'], budgetMs: ENOUGH});
    expect(candidates.map(({out}) => out)).toEqual([null, null]);
    expect(notes).toEqual([
      expect.stringMatching(/gives 0\.\d+ where there is 0\.\d+ .*which of them is right is not known/),
    ]);
  });

  test('what is random cannot be compared, and that is said', async () => {
    const ranking = await rankBackends(() => tf.randomNormal([10]), {budgetMs: ENOUGH});
    expect(ranking.candidates.map(({out}) => out)).toEqual([null, null]);
    expect(ranking.notes).toEqual([
      'the results were not compared, since the function returns a different result in each call',
    ]);
  });
});

describe('a function that cannot be run', () => {
  test('throws everywhere: all are out with what it threw, and the selection fails', async () => {
    const before = everything();
    const broken = () => {
      tf.add(1, 2);
      throw new Error('no such thing');
    };
    const ranking = await rankBackends(broken);
    expect(ranking.best).toBeNull();
    expect(ranking.candidates.map(({out}) => out)).toEqual(Array(2).fill('the function throws: no such thing'));
    await expect(selectBackend(broken)).rejects.toThrow(
      'no candidate can run. cpu: the function throws: no such thing.',
    );
    expect(everything()).toEqual(before);
    await expect(selectBackend(async () => broken())).rejects.toThrow('the function throws: no such thing');
    expect(tf.getBackend()).toBe('cpu');
  });

  test('throws on one backend: that one is out, and not remembered as such', async () => {
    const options = {name: 'picky', budgetMs: ENOUGH};
    const ranking = await rankBackends(() => {
      if (tf.getBackend() === 'wasm') throw new Error('not here');
      return predict();
    }, options);
    expect(byName(ranking, 'wasm').out).toBe('the function throws: not here');
    expect(ranking.best).toBe('cpu');
    expect(Object.keys(JSON.parse(exportWisdom()).functions[0].backends)).toEqual(['cpu']);
  });

  test('never settles: out within the limit, and the program has its backend back', async () => {
    const before = everything();
    const ranking = await rankBackends(() => new Promise(() => {}), {startLimitMs: 20});
    for (const {out} of ranking.candidates) {
      expect(out).toBe('the function throws: its promise has not settled within 20 ms');
    }
    expect(everything()).toEqual(before);
  });

  test('settles too late: what it gave is disposed of', async () => {
    const before = everything();
    const late: Promise<tf.Tensor>[] = [];
    const slow = () => {
      const promise = new Promise<tf.Tensor>((resolve) => setTimeout(() => resolve(tf.ones([3])), 60));
      late.push(promise);
      return promise;
    };
    await rankBackends(slow, {startLimitMs: 20, candidates: ['wasm']});
    await Promise.all(late);
    await new Promise((resolve) => setTimeout(resolve));
    expect(everything()).toEqual(before);
  });

  test('disposes of its input: refused before it does', async () => {
    const input = tf.tensor1d([1, 2]);
    const before = everything();
    const run = () => {
      const y = softmax(input);
      input.dispose();
      return y;
    };
    await expect(rankBackends(run)).rejects.toThrow(
      /^workload: the function disposes of a tensor of shape \[2\] that was there before.*Nothing has changed\. Make that tensor in the function/,
    );
    expect(input.isDisposed).toBe(false);
    expect(everything()).toEqual(before);
    input.dispose();
  });

  test.each<[string, () => tf.Optimizer]>([
    ['sgd', () => tf.train.sgd(0.1)],
    ['momentum', () => tf.train.momentum(0.1, 0.9)],
    ['adam', () => tf.train.adam(0.1)],
    ['rmsprop', () => tf.train.rmsprop(0.1, 0.9, 0.5, 1e-7, true)],
  ])(
    'trains by %s: refused before anything has changed, and training goes on as if it had not been asked',
    async (_, make) => {
      const [a, b] = [0, 1].map(() => tf.variable(tf.tensor1d([1, -2, 3])));
      const [one, other] = [make(), make()];
      const step = (optimizer: tf.Optimizer, v: tf.Variable) =>
        optimizer.minimize(() => tf.sum(tf.square(v)) as tf.Scalar, false, [v]);
      await expect(rankBackends(() => step(one, a!))).rejects.toThrow(
        /^workload: the function changes the variable \d+: it trains.*Nothing has changed\. .*tf\.variableGrads/,
      );
      expect(Array.from(a!.dataSync())).toEqual([1, -2, 3]);
      for (let i = 0; i < 3; i++) {
        step(one, a!);
        step(other, b!);
      }
      expect(Array.from(a!.dataSync())).toEqual(Array.from(b!.dataSync()));
      expect(tf.getBackend()).toBe('cpu');
      tf.dispose([a!, b!]);
      one.dispose();
      other.dispose();
    },
  );

  test('asynchronous training is refused as well', async () => {
    const v = tf.variable(tf.tensor1d([1, -2, 3]));
    const run = async () => {
      await new Promise((resolve) => setTimeout(resolve));
      v.assign(tf.tensor1d([0, 0, 0]));
    };
    await expect(rankBackends(run)).rejects.toThrow('the function changes the variable');
    expect(Array.from(v.dataSync())).toEqual([1, -2, 3]);
    expect(tf.getBackend()).toBe('cpu');
    v.dispose();
  });

  test('computes gradients without applying them: that is what training costs, and it is measured', async () => {
    const before = everything();
    const run = () => tf.variableGrads(() => tf.sum(predict()) as tf.Scalar).grads;
    const ranking = await rankBackends(run, {budgetMs: ENOUGH});
    expect(ranking.candidates.map(({out}) => out)).toEqual([null, null]);
    expect(everything()).toEqual(before);
  });

  test('trains a variable that it makes itself: that changes nothing', async () => {
    const before = everything();
    const ranking = await rankBackends(
      () =>
        tf.tidy(() => {
          const v = tf.variable(tf.tensor1d([1, 2]));
          v.assign(tf.mul(v, 2));
          const y = v.clone();
          v.dispose();
          return y;
        }),
      {budgetMs: ENOUGH},
    );
    expect(ranking.candidates.map(({out}) => out)).toEqual([null, null]);
    expect(everything()).toEqual(before);
  });

  test('sets the backend itself: refused', async () => {
    const before = everything();
    await expect(rankBackends(() => tf.setBackend('wasm'))).rejects.toThrow(
      'workload: the active backend changed while the function ran.',
    );
    expect(everything()).toEqual(before);
    await expect(
      rankBackends(
        async () => {
          await tf.setBackend('wasm');
          return predict();
        },
        {candidates: ['cpu']},
      ),
    ).rejects.toThrow('the active backend changed');
    expect(tf.getBackend()).toBe('cpu');
  });

  test('returns a promise only later: out', async () => {
    let calls = 0;
    const ranking = await rankBackends(() => (++calls > 1 ? Promise.resolve() : predict()), {candidates: ['cpu']});
    expect(ranking.candidates[0]!.out).toContain('it returned a promise, although it did not in its first call');
  });
});

describe('an asynchronous function', () => {
  test('that leaves tensors behind is told so', async () => {
    const run = async () => {
      await new Promise((resolve) => setTimeout(resolve));
      return tf.add(tf.mul(x, 2), 1);
    };
    const {notes} = await rankBackends(run, {budgetMs: 20, candidates: ['cpu']});
    expect(notes).toEqual([expect.stringContaining('the function left 1 tensors behind in a call')]);
  });

  test('has its backend for all of its run, and leaves the program its own', async () => {
    const before = everything();
    const seen: [string, string][] = [];
    const run = async () => {
      const at = tf.getBackend();
      const y = tf.tidy(predict);
      await y.data();
      await new Promise((resolve) => setTimeout(resolve));
      seen.push([at, tf.getBackend()]);
      const z = tf.mul(y, 2);
      y.dispose();
      return z;
    };
    const ranking = await rankBackends(run, {budgetMs: ENOUGH});
    expect(ranking.candidates.map(({out}) => out)).toEqual([null, null]);
    expect(new Set(seen.map(([, name]) => name))).toEqual(new Set(['cpu', 'wasm']));
    for (const [at, later] of seen) expect(later).toBe(at);
    expect(everything()).toEqual(before);
  });
});

describe('the first call', () => {
  const clock = new SimulatedClock(0.001);
  const options = {clock: clock.now, candidates: ['compiling', 'plain']} as const;
  beforeEach(() => {
    let first = true;
    fake('compiling', {
      onKernel: () => {
        clock.pass(first ? 500 : 1);
        first = false;
      },
    });
    fake('plain', {onKernel: () => clock.pass(3)});
  });

  test('is reported apart, and does not count', async () => {
    const ranking = await rankBackends(predict, options);
    expect(ranking.best).toBe('compiling');
    expect(byName(ranking, 'compiling').parts[0]!.firstMs).toBeCloseTo(500, 3);
    expect(byName(ranking, 'compiling').ms).toBeCloseTo(1, 3);
    expect(String(ranking)).toContain('first call 500 ms');
  });

  test.each([
    [10, 'plain'],
    [1000, 'compiling'],
  ])('weighs, where %d calls are expected: %s', async (calls, best) => {
    const ranking = await rankBackends(predict, {...options, calls});
    expect(ranking.best).toBe(best);
    expect(byName(ranking, 'compiling').ms).toBeCloseTo(1 + 499 / calls, 3);
    expect(ranking.weighed).toBe(`the function's whole run, the first of ${calls} calls included`);
  });

  test('is not charged to the budget', async () => {
    const ranking = await rankBackends(predict, {...options, budgetMs: 490});
    expect(sources(ranking)).toEqual(['measured', 'measured']);
  });
});

describe('the active backend', () => {
  const clock = new SimulatedClock(0.005);
  const takes = (ms: number) => ({onKernel: () => clock.pass(ms)});

  test('stays where another is not clearly faster, and where nothing could be measured', async () => {
    fake('fastest', takes(1));
    fake('near', takes(1.08));
    fake('far', takes(1.2));
    const options = {clock: clock.now, candidates: ['fastest', 'near', 'far']} as const;
    await tf.setBackend('near');
    const near = await rankBackends(predict, options);
    expect([near.best, near.why]).toEqual(['near', 'within 10 % of fastest, and the data are there']);
    await tf.setBackend('far');
    expect((await rankBackends(predict, options)).best).toBe('fastest');
    const blind = await selectBackend(predict, {...options, budgetMs: 0});
    expect([blind.backend, blind.why]).toEqual(['far', 'already active, and its time is not known']);
    expect(blind.candidates.map(({ms}) => ms)).toEqual([null, null, null]);
    const unknown = await selectBackend(predict, {...options, mode: 'estimate'});
    expect(unknown.backend).toBe('far');
    expect(unknown.candidates[0]!.parts[0]!.from).toBe('nothing is known of a function that was not run');
  });

  test('rankBackends leaves it, selectBackend makes the winner the active one', async () => {
    fake('swift', takes(0.1));
    fake('tardy', takes(9));
    const options = {clock: clock.now, candidates: ['tardy', 'swift']} as const;
    await tf.setBackend('tardy');
    expect((await rankBackends(predict, options)).best).toBe('swift');
    expect(tf.getBackend()).toBe('tardy');
    const selection = await selectBackend(predict, options);
    expect(selection).toMatchObject({backend: 'swift', previous: 'tardy', why: 'the fastest, as measured'});
    expect(tf.getBackend()).toBe('swift');
  });
});

describe('a name', () => {
  test('keeps its times for the next selection, and for the next visit', async () => {
    let calls = 0;
    const run = () => {
      calls++;
      return predict();
    };
    await selectBackend(run, {name: 'scores', budgetMs: ENOUGH});
    const measured = calls;
    const selection = await selectBackend(run, {name: 'scores'});
    expect(calls).toBe(measured);
    expect(sources(selection)).toEqual(['remembered', 'remembered']);
    const wisdom = exportWisdom();
    forgetWisdom();
    expect(importWisdom(wisdom)).toBe(1);
    expect(exportWisdom()).toBe(wisdom);
    expect(sources(await rankBackends(run, {name: 'scores', mode: 'estimate'}))).toEqual(['remembered', 'remembered']);
    await rankBackends(run, {name: 'scores', budgetMs: ENOUGH});
    expect(calls).toBeGreaterThan(measured); // ranking measures anew
    const before = calls;
    await selectBackend(run, {budgetMs: ENOUGH});
    expect(calls).toBeGreaterThan(before); // without a name nothing is looked up
  });

  test.each([
    [{name: ''}, "name is ''. It must be a text of 1 to 200 characters"],
    [{name: 'two\nlines'}, 'It must be a text'],
    [{tolerance: -1}, 'tolerance is -1. It must be a number from 0'],
    [{calls: 0}, 'calls is 0. It must be a whole number from 1'],
    [{calls: 1.5}, 'calls is 1.5'],
  ])('%p is refused', async (options, message) => {
    await expect(rankBackends(predict, options)).rejects.toThrow(message);
  });

  test('is for functions only', async () => {
    const op = {op: 'softmax', shape: [3]} as const;
    await expect(rankBackends(op, {name: 'it'})).rejects.toThrow("name is 'it'. It must be left out for ops");
    await expect(rankBackends(op, {tolerance: 1})).rejects.toThrow('tolerance is 1. It must be left out for ops');
  });
});

test('a model that its first call builds is at home on the active backend afterwards', async () => {
  // With it on, tfjs takes moves in a kernel within another for leaks.
  tf.env().set('IS_TEST', false);
  const dense = layers.layers.dense({units: 2});
  const ranking = await rankBackends(() => dense.apply(x), {budgetMs: ENOUGH, candidates: ['wasm', 'cpu']});
  expect(ranking.candidates.map(({out}) => out)).toEqual([null, null]);
  expect(dense.weights.length).toBe(2);
  for (const {val} of dense.weights as unknown as {val: tf.Variable}[]) {
    expect(placeOf(val)).toBe(tf.engine().registry.cpu);
    expect(val.dataSync().every(Number.isFinite)).toBe(true);
  }
  dense.dispose();
  tf.env().set('IS_TEST', true);
});

test('memory is steady over 100 rankings', async () => {
  await rankBackends(predict, {budgetMs: 5});
  const before = everything();
  for (let i = 0; i < 100; i++) await rankBackends(i % 2 ? predict : async () => tf.tidy(predict), {budgetMs: 5});
  expect(everything()).toEqual(before);
});

describe('at the same time', () => {
  test('selections wait for each other, and each measures on its own', async () => {
    const running: string[] = [];
    const run = (id: string) => async () => {
      running.push(`${id} in`);
      await new Promise((resolve) => setTimeout(resolve));
      running.push(`${id} out`);
    };
    await Promise.all(['a', 'b', 'c'].map((id) => selectBackend(run(id), {budgetMs: 20})));
    for (let i = 0; i < running.length; i += 2) expect(running[i + 1]).toBe(running[i]!.replace('in', 'out'));
    const order = running.map((line) => line[0]).join('');
    expect(order).toMatch(/^a+b+c+$/);
  });

  test('a backend that is removed while the function runs there is out; others go on', async () => {
    fake('leaving', {});
    let calls = 0;
    const run = async () => {
      const y = tf.tidy(predict);
      if (tf.getBackend() === 'leaving' && ++calls === 3) tf.removeBackend('leaving');
      return y;
    };
    const before = everything();
    const ranking = await rankBackends(run, {budgetMs: ENOUGH, candidates: ['leaving', 'cpu', 'wasm']});
    expect(byName(ranking, 'leaving').out).not.toBeNull();
    expect(ranking.candidates.slice(0, 2).map(({out}) => out)).toEqual([null, null]);
    expect(tf.getBackend()).toBe('cpu');
    expect(Array.from(weights.dataSync())).toEqual([1, 0, 0.5, -1, 2, 1]);
    expect(everything().held.cpu).toBe(before.held.cpu);
    registerFake('leaving', {});
  });

  test('the active one too: then none is active, as after tf.removeBackend', async () => {
    fake('active', {});
    await tf.setBackend('active');
    let calls = 0;
    const run = async () => {
      if (++calls === 4) tf.removeBackend('active');
      return tf.ones([3]);
    };
    await rankBackends(run, {budgetMs: ENOUGH, candidates: ['cpu']});
    expect(tf.getBackend()).toBeFalsy();
    await tf.setBackend('cpu');
    registerFake('active', {});
  });
});
