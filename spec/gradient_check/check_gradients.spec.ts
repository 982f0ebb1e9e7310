import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // loads register_all_gradients
import {checkGradients, checkGradientsAsync, type Differentiable, softmax, softmaxJvp} from '../../index';
import {Random} from '../cases/random';

type T = tf.Tensor;

/** Values with a gradient of their own. */
const withGradient = (value: (x: T) => T, gradient: (dy: T, x: T) => T): Differentiable =>
  tf.customGrad((x, save) => {
    (save as (saved: T[]) => void)([x as T]);
    return {value: value(x as T), gradFunc: (dy: T, saved: T[]) => gradient(dy, saved[0]!)};
  }) as Differentiable;
const cubeTooSteep = withGradient(
  (x) => tf.pow(x, 3),
  (dy, x) => tf.mul(dy, tf.mul(4, tf.square(x))),
);

let x: tf.Tensor2D;
let before: {tensors: number; buffers: number};
const held = () => ({tensors: tf.memory().numTensors, buffers: tf.memory().numDataBuffers});
beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(() => {
  before = held();
  x = tf.tensor2d(new Random(1).normals(12), [3, 4]);
});
afterEach(() => {
  x.dispose();
  expect(held()).toEqual(before);
  expect(tf.engine().state.gradientDepth).toBe(0);
  expect(tf.engine().state.activeTape ?? null).toBeNull();
});

describe('the report', () => {
  test('of a right gradient', () => {
    const report = checkGradients((t: T) => softmax(t), x, {order: 2, directions: 2});
    expect(report).toMatchObject({ok: true, order: 2, skipped: []});
    expect(report.checks.map(({input, order, mode, direction}) => [input, order, mode, direction])).toEqual([
      [0, 1, 'vjp', 'random direction 1'],
      [0, 1, 'vjp', 'random direction 2'],
      [0, 2, 'vjp', 'random direction 1'],
      [0, 2, 'vjp', 'random direction 2'],
    ]);
    for (const {analytic, numeric, error, tolerance, verdict} of report.checks) {
      expect(error).toBe(Math.abs(analytic - numeric));
      expect(error).toBeLessThanOrEqual(tolerance);
      expect(tolerance).toBeLessThan(1e-3);
      expect(verdict).toBe('agrees');
    }
    expect(report.checks).toContain(report.worst);
    expect(report.toString()).toMatch(/^agrees {5}input 0, order 1, vjp, random direction 1: .* expected .* allowed$/m);
  });

  test('of a wrong gradient: an error in words, or the report without one', () => {
    const t = tf.scalar(2);
    const report = checkGradients(cubeTooSteep, t, {raise: false, directions: 'all'});
    expect(report).toMatchObject({ok: false, worst: {input: 0, order: 1, direction: 'element []', verdict: 'differs'}});
    expect(report.worst!.analytic).toBeCloseTo(16, 5);
    expect(report.worst!.numeric).toBeCloseTo(12, 4);
    expect(() => checkGradients(cubeTooSteep, t, {directions: 'all'})).toThrow(
      /^checkGradients: The gradient in input 0 is wrong \(vjp, element \[\]\): 16, expected 12.*, off by 4\.0 with .* allowed/,
    );
    t.dispose();
  });

  test('names the element, with directions of all of them', () => {
    const wrongIn = withGradient(
      (t) => tf.square(t),
      (dy, t) => tf.mul(dy, tf.mul(t, tf.add(2, tf.oneHot(tf.tensor1d([9, 9, 1], 'int32'), 4)))),
    );
    const {checks} = checkGradients(wrongIn, x, {raise: false, directions: 'all'});
    expect(checks).toHaveLength(12);
    expect(checks.filter(({verdict}) => verdict !== 'agrees').map(({direction}) => direction)).toEqual([
      'element [2, 1]',
    ]);
  });

  test('is the same for the same seed', () => {
    const run = (seed: number) => `${checkGradients((t: T) => softmax(t), x, {seed})}`;
    expect(run(3)).toBe(run(3));
    expect(run(3)).not.toBe(run(4));
  });
});

test('a million elements take twenty evaluations', () => {
  const large = tf.tensor2d(new Random(2).normals(1e6), [1000, 1000]);
  let count = 0;
  const report = checkGradients((t: T) => {
    count++;
    return tf.cos(t);
  }, large);
  expect(report.ok).toBe(true);
  expect(count).toBe(20);
  large.dispose();
});

test('a function of several inputs and results, of mixed second derivatives', () => {
  const y = tf.tensor2d(new Random(3).normals(8), [4, 2]);
  const f = (a: tf.Tensor2D, b: tf.Tensor2D) => [tf.matMul(a, b), tf.sum(tf.mul(tf.square(a), tf.sum(b)))];
  const report = checkGradients(f, [x, y], {order: 2});
  expect(report.checks.map(({input, order}) => `${input} ${order}`)).toEqual(['0 1', '1 1', '0 2', '1 2']);
  y.dispose();
});

test('inputs without a derivative are skipped, and the report says so', () => {
  const rows = tf.tensor1d([0, 2], 'int32');
  const unused = tf.zeros([4]);
  const f = (a: T, i: tf.Tensor1D) => tf.gather(a, i);
  const {checks, skipped} = checkGradients(f, [x, rows, unused]);
  expect(checks.map(({input}) => input)).toEqual([0]);
  expect(skipped).toEqual([
    {input: 1, reason: 'is int32, which has no derivative'},
    {input: 2, reason: 'order 1 is 0: the results do not change with it'},
  ]);
  expect(() => checkGradients((i: T) => tf.cast(i, 'float32'), rows)).toThrow(
    'checkGradients: there is nothing to differentiate: input 0 is int32, which has no derivative.',
  );
  tf.dispose([rows, unused]);
});

describe('kinks', () => {
  test('at the inputs are reported as such', () => {
    const t = tf.tensor1d([1, 0, -2]);
    const report = checkGradients((u: T) => tf.relu(u), t, {directions: 'all'});
    expect(report.ok).toBe(true);
    expect(report.checks.map(({verdict}) => verdict)).toEqual(['agrees', 'undecided', 'agrees']);
    expect(report.checks[1]!.note).toMatch(/^one-sided differences disagree, .* and .*: a kink$/);
    t.dispose();
  });

  test('beside the inputs are stepped around, and wrong gradients found there', () => {
    const t = tf.tensor1d(new Random(4).normals(500));
    expect(checkGradients((u: T) => tf.relu(u), t).checks[0]!.verdict).toBe('agrees');
    const steep = withGradient(tf.relu, (dy, u) => tf.mul(dy, tf.mul(1.1, tf.step(u))));
    expect(checkGradients(steep, t, {raise: false}).ok).toBe(false);
    t.dispose();
  });

  test('jumps are no gradients', () => {
    const t = tf.tensor1d([0, 1]);
    const jump = checkGradients((u: T) => tf.add(u, tf.step(u)), t, {directions: 'all'});
    expect(jump.checks.map(({verdict, note}) => [verdict, note])).toEqual([
      ['undecided', 'differences do not settle: f jumps, or changes within the smallest steps'],
      ['agrees', undefined],
    ]);
    expect(checkGradients((u: T) => tf.floor(u), x).checks[0]).toMatchObject({
      verdict: 'undecided',
      note: 'f moves in jumps, between which its gradient of 0 may be right',
    });
    t.dispose();
  });

  test('where f ends', () => {
    const t = tf.tensor1d([0]);
    const report = checkGradients((u: T) => tf.sqrt(u), t, {raise: false});
    expect(report.checks[0]).toMatchObject({note: 'f is not finite on both sides, however small the step'});
    t.dispose();
  });
});

test('results and inputs that are infinite stay out', () => {
  const t = tf.tensor1d([1, -Infinity, 2]);
  const report = checkGradients((u: T) => softmax(u), t);
  expect(report.checks[0]!.verdict).toBe('agrees');
  expect(() => checkGradients((u: T) => tf.mul(u, NaN), x)).toThrow(
    'checkGradients: f is not finite at these inputs, so there is no derivative to check.',
  );
  t.dispose();
});

describe("mode 'jvp'", () => {
  const right = Object.assign((t: T) => softmax(t), {jvp: (t: T, v: T) => softmaxJvp(t, v)});

  test('is compared with differences and with the vjp', () => {
    const {checks} = checkGradients(right, x, {modes: ['vjp', 'jvp']});
    expect(checks.map(({mode}) => mode)).toEqual(['vjp', 'jvp', 'jvp against vjp']);
    expect(checkGradients(right, x, {modes: ['jvp']}).checks.map(({mode}) => mode)).toContain('jvp');
  });

  test('a wrong one is found', () => {
    const wrong = Object.assign((t: T) => softmax(t), {jvp: (t: T, v: T) => tf.mul(softmax(t), v)});
    const {checks} = checkGradients(wrong, x, {modes: ['vjp', 'jvp'], raise: false});
    expect(checks.map(({verdict}) => verdict)).toEqual(['agrees', 'differs', 'differs']);
  });

  test('needs f.jvp', () => {
    expect(() => checkGradients((t: T) => softmax(t), x, {modes: ['jvp']})).toThrow(
      "checkGradients: modes has 'jvp', but f has no function jvp.",
    );
  });
});

test('against another implementation, element by element', () => {
  const ours = (t: T) => softmax(t);
  const against = (t: T) => tf.softmax(t);
  expect(checkGradients(ours, x, {against}).checks.map(({mode}) => mode)).toEqual(['vjp', 'against']);
  const {worst} = checkGradients(against, x, {against: (t: T) => softmax(t, 0), raise: false});
  expect(worst).toMatchObject({mode: 'against', verdict: 'differs', direction: expect.stringMatching(/^element \[/)});
});

test('what tfjs throws is told, and leaves nothing behind', () => {
  expect(() => checkGradients((t: T) => tf.clipByValue(t, -1, 1), x, {order: 2})).toThrow(
    /The derivative of order 2 .* NaN, expected .* gradient function not found for LogicalAnd/,
  );
});

test('asynchronously it says the same', async () => {
  const f = (t: T) => softmax(t);
  const report = await checkGradientsAsync(f, x, {order: 2});
  expect(`${report}`).toBe(`${checkGradients(f, x, {order: 2})}`);
  await expect(checkGradientsAsync(cubeTooSteep, x)).rejects.toThrow('checkGradientsAsync: The gradient in input 0');
});

test('a backend that cannot be read at once is told apart', async () => {
  const f = (t: T) => softmax(t);
  const backend = tf.backend();
  const {readSync, read} = backend;
  backend.readSync = () => {
    throw new Error('OffscreenCanvas is not defined');
  };
  backend.read = async (id) => readSync.call(backend, id);
  try {
    expect(() => checkGradients(f, x)).toThrow(
      'checkGradients: this backend cannot be read synchronously (OffscreenCanvas is not defined). ' +
        'Use await checkGradientsAsync(...), which takes the same arguments.',
    );
    expect((await checkGradientsAsync(f, x)).ok).toBe(true);
  } finally {
    Object.assign(backend, {readSync, read});
  }
});

test('tolerances and the step are taken as given', () => {
  expect(checkGradients(cubeTooSteep, x, {rtol: 2, raise: false}).ok).toBe(true);
  expect(checkGradients(cubeTooSteep, x, {atol: 1e3, raise: false}).ok).toBe(true);
  const steps: number[] = [];
  const t = tf.scalar(1);
  checkGradients(
    (u: T) => {
      steps.push(Math.abs(u.dataSync()[0]! - 1));
      return tf.square(u);
    },
    t,
    {step: 0.125, directions: 'all'},
  );
  expect(Math.max(...steps)).toBeLessThanOrEqual(0.125 * 1.001);
  t.dispose();
});

describe('bad input gets an error that says what is allowed', () => {
  const f = (t: T) => softmax(t);
  const given = (options: object) => () => checkGradients(f, x, options);
  test.each([
    [() => checkGradients(5 as never, x), 'f must be a function, but got 5'],
    [() => checkGradients(f, [1, 2] as never), 'input 0 is 1. Allowed is a tensor, or an array of tensors.'],
    [() => checkGradients(f, []), 'inputs is an empty array. Pass at least one tensor.'],
    [() => checkGradients(() => 3 as never, x), 'f must return a tensor or an array of tensors, but got 3'],
    [() => checkGradients(() => [], x), 'f must return a tensor or an array of tensors, but got nothing'],
    [() => checkGradients((t: T) => tf.argMax(t), x), 'f returns int32, which has no derivative'],
    [given({order: 0}), 'order must be an integer of 1 or more, but got 0'],
    [given({directions: 'some'}), "directions must be an integer of 1 or more or 'all', but got 'some'"],
    [given({modes: ['vpj']}), "modes must be an array with 'vjp', 'jvp' or both, but got ['vpj']"],
    [given({against: 1}), 'against must be a function, but got 1'],
    [given({step: 0}), 'step must be greater than 0, but got 0'],
    [given({rtol: -1}), 'rtol must be 0 or more, but got -1'],
    [given({atol: NaN}), 'atol must be a finite number, but got NaN'],
    [given({seed: '1'}), "seed must be a finite number, but got '1'"],
    [given({raise: 1}), 'raise must be true or false, but got 1'],
  ])('%p', (call, message) => {
    expect(call).toThrow(`checkGradients: ${message}`);
  });

  test('a function that draws at random', () => {
    expect(() => checkGradients((t: T) => tf.mul(t, tf.randomUniform([3, 4])), x)).toThrow(
      'checkGradients: f gives different results for the same inputs',
    );
  });

  test('a disposed input, and a call within tf.grad', () => {
    const gone = tf.scalar(1);
    gone.dispose();
    expect(() => checkGradients(f, gone)).toThrow('checkGradients: input 0 is a tensor that was disposed');
    const within = () =>
      tf.grad((t) => {
        checkGradients(f, t);
        return tf.square(t);
      })(x);
    expect(within).toThrow('checkGradients: it differentiates by itself. Call it outside of tf.grad.');
    tf.engine().state.activeTape = null as never;
  });

  test('what f throws comes through', () => {
    expect(() => checkGradients((t: T) => softmax(t, 7), x)).toThrow('softmax: axis 7 is out of range');
  });
});
