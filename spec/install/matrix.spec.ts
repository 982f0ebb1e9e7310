import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

/**
 * No route makes a program throw, or give other numbers, that ran before: on each backend of Node, with tfjs's flags set, and
 * whatever is loaded first. Of the built package, in processes of their own, since what is loaded stays loaded.
 */
const ORDERS = {
  'this package first': ['ours', 'core', 'backends', 'union', 'install'],
  'this package last': ['core', 'backends', 'union', 'ours', 'install'],
  'installed before all else': ['ours', 'install', 'union', 'backends', 'core'],
  'installed between': ['core', 'ours', 'backends', 'install', 'union'],
};
const FLAGS: Record<string, boolean>[] = [
  {},
  {DEBUG: true},
  {IS_TEST: true},
  {PROD: true},
  {KEEP_INTERMEDIATE_TENSORS: true},
];

interface Difference {
  way: string;
  stock: string;
  installed: string;
}

const run = promisify(execFile);

async function differences(
  order: string[],
  backend: string,
  flags: object,
): Promise<{ways: number; differ: Difference[]}> {
  const {stdout} = await run(process.execPath, ['-e', PROGRAM, JSON.stringify({order, backend, flags})], {
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

const PROGRAM = `
  const {order, backend, flags} = JSON.parse(process.argv[1]);
  console.log = console.warn = console.info = console.table = () => {}; // tfjs announces itself, and what it debugs
  let ours;
  const load = {
    core: () => require('@tensorflow/tfjs-core'),
    backends: () => [require('@tensorflow/tfjs-backend-cpu'), require('@tensorflow/tfjs-backend-wasm')],
    union: () => require('@tensorflow/tfjs'),
    ours: () => (ours = require('tfjs-softmax')),
    install: () => ours.install(),
  };
  for (const step of order) load[step]();
  const tf = require('@tensorflow/tfjs');
  for (const [name, value] of Object.entries(flags)) tf.env().set(name, value);

  const graph = (op) => tf.loadGraphModelSync({load: () => ({
    modelTopology: {node: [
      {name: 'x', op: 'Placeholder', attr: {dtype: {type: 'DT_FLOAT'}, shape: {shape: {unknownRank: true}}}},
      {name: 'y', op, input: ['x'], attr: {T: {type: 'DT_FLOAT'}}},
    ], library: {}, versions: {}},
    weightSpecs: [], weightData: new ArrayBuffer(0),
  })});
  const dense = (activation) => {
    const model = tf.sequential();
    model.add(tf.layers.dense({units: 5, activation, inputShape: [7], kernelInitializer: 'ones', biasInitializer: 'zeros'}));
    model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
    return model;
  };
  const logits = () => tf.tensor2d(Float32Array.from({length: 21}, (_, i) => 4 * Math.sin(i * i)), [3, 7]);
  const labels = () => tf.oneHot([1, 0, 3], 7);
  const ways = {
    softmax: () => tf.softmax(logits()),
    'softmax of numbers': () => tf.softmax([1, 2, 3]),
    'softmax of nothing': () => tf.softmax(tf.zeros([0, 4])),
    'softmax of rank 6': () => tf.softmax(tf.ones([1, 2, 1, 2, 1, 3])),
    'softmax of a variable': () => tf.softmax(tf.variable(logits())),
    'x.softmax()': () => logits().softmax(),
    'x.softmax(1)': () => logits().softmax(1),
    logSoftmax: () => tf.logSoftmax(logits()),
    'logSoftmax of integers': () => tf.logSoftmax(tf.tensor1d([1, 2, 3], 'int32')),
    'x.logSoftmax()': () => logits().logSoftmax(),
    logSumExp: () => tf.logSumExp(logits(), 1),
    'logSumExp of all': () => tf.logSumExp(logits()),
    'logSumExp of axes apart': () => tf.logSumExp(tf.ones([2, 3, 4]), [0, 2], true),
    cost: () => tf.losses.softmaxCrossEntropy(labels(), logits()),
    'cost, weighted': () => tf.losses.softmaxCrossEntropy(labels(), logits(), [1, 0, 2], 0.1),
    'cost of each': () => tf.losses.softmaxCrossEntropy(labels(), logits(), undefined, 0, tf.Reduction.NONE),
    'gradient of softmax': () => tf.grad((t) => tf.softmax(t).square().sum())(logits()),
    'gradient of logSoftmax': () => tf.grad((t) => tf.logSoftmax(t).square().sum())(logits()),
    'gradient of logSumExp': () => tf.grad((t) => tf.logSumExp(t, 1).square().sum())(logits()),
    'gradient of the cost': () => tf.grad((t) => tf.losses.softmaxCrossEntropy(labels(), t))(logits()),
    'value and gradients': () => tf.valueAndGrads((a, b) => tf.softmax(a.add(b)).mul(a).sum())([logits(), logits()]).grads[1],
    'a gradient in another': () => tf.grad((t) => tf.grad((u) => tf.logSumExp(u, 1).sum())(t).sum().mul(t.sum()).add(t.sum()))(logits()),
    'softmax activation': () => dense('softmax').predict(logits()),
    'softmax layer': () => tf.layers.softmax({axis: -1}).apply(logits()),
    'softmax layer, axis 1': () => tf.layers.softmax({axis: 1}).apply(logits()),
    training: () => {
      const model = dense('softmax');
      const cost = () => tf.metrics.categoricalCrossentropy(tf.oneHot([1, 0, 3], 5), model.apply(logits())).mean();
      tf.train.sgd(0.5).minimize(cost);
      return model.predict(logits());
    },
    'graph Softmax': () => graph('Softmax').predict(logits()),
    'graph LogSoftmax': () => graph('LogSoftmax').predict(logits()),
    'a custom gradient around it': () => tf.grad((t) => tf.customGrad((u, save) => {
      save([u]);
      return {value: tf.softmax(u), gradFunc: (dy, [v]) => dy.mul(v)};
    })(t).sum())(logits()),
  };
  const outcomes = async () => {
    const found = {};
    for (const [way, run] of Object.entries(ways)) {
      try {
        const y = tf.tidy(() => run());
        found[way] = {shape: y.shape, dtype: y.dtype, values: Array.from(await y.data())};
      } catch (error) {
        found[way] = {error: String(error.message)};
      }
    }
    return found;
  };
  const isClose = (a, b) => a.error === undefined && b.error === undefined && a.dtype === b.dtype &&
    JSON.stringify(a.shape) === JSON.stringify(b.shape) &&
    a.values.every((value, i) => Object.is(value, b.values[i]) || Math.abs(value - b.values[i]) <= 2e-6 * Math.max(1, Math.abs(value)));
  (async () => {
    await tf.setBackend(backend);
    const installed = await outcomes();
    ours.uninstall();
    const stock = await outcomes();
    ours.install();
    const again = await outcomes();
    const differ = [];
    for (const way of Object.keys(ways)) {
      // What throws in stock may give something now.
      for (const one of [installed[way], again[way]]) {
        if (stock[way].error === undefined && !isClose(stock[way], one)) {
          differ.push({way, stock: JSON.stringify(stock[way]), installed: JSON.stringify(one)});
        }
      }
    }
    const ran = Object.values(stock).filter(({error}) => error === undefined).length;
    process.stdout.write(JSON.stringify({ways: ran, differ}) + '\\n');
  })();
`;

describe.each(['cpu', 'wasm'])('%s', (backend) => {
  test.each(Object.entries(ORDERS))('%s', async (_, order) => {
    const {ways, differ} = await differences(order, backend, {});
    expect(differ).toEqual([]);
    expect(ways).toBeGreaterThanOrEqual(28);
  });

  test.each(FLAGS)('with %j', async (flags) => {
    const {ways, differ} = await differences(ORDERS['this package last'], backend, flags);
    expect(differ).toEqual([]);
    expect(ways).toBeGreaterThanOrEqual(24); // tfjs's own leaks are errors with IS_TEST
  });
});
