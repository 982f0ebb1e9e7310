import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {type InstallOptions, install, uninstall} from '../../index';
import {recordKernels} from '../hosts/kernels';

const ALL = ['tf.softmax', 'tf.logSoftmax', 'tf.logSumExp', 'tf.losses.softmaxCrossEntropy'] as const;
const RUN: Record<(typeof ALL)[number], () => tf.Tensor> = {
  'tf.softmax': () => tf.softmax([1, 2]),
  'tf.logSoftmax': () => tf.logSoftmax([1, 2]),
  'tf.logSumExp': () => tf.logSumExp([1, 2]),
  'tf.losses.softmaxCrossEntropy': () => tf.losses.softmaxCrossEntropy([[0, 1]], [[1, 2]]),
};

const KERNELS = {
  'tf.softmax': 'softmax',
  'tf.logSoftmax': 'logSoftmax',
  'tf.logSumExp': 'logSumExp',
  'tf.losses.softmaxCrossEntropy': 'crossEntropy', // which tfjs composes of logSumExp
};

const ours = () => ALL.filter((op) => recordKernels(() => tf.tidy(() => void RUN[op]())).kernels.includes(KERNELS[op]));

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => uninstall());

test.each<[InstallOptions | undefined, readonly string[]]>([
  [undefined, ALL],
  [{}, ALL],
  [{only: ['tf.logSoftmax']}, ['tf.logSoftmax']],
  [{only: []}, []],
  [{except: ['tf.softmax', 'tf.losses.softmaxCrossEntropy']}, ['tf.logSoftmax', 'tf.logSumExp']],
  [{only: ['tf.softmax', 'tf.logSumExp'], except: ['tf.logSumExp']}, ['tf.softmax']],
  [{only: ['softmaxCrossEntropy', 'softmax'] as never}, ['tf.softmax', 'tf.losses.softmaxCrossEntropy']],
])('install(%j) routes what is asked for, and says what not', (options, expected) => {
  const {routed, notRouted} = install(options);
  expect(routed).toEqual(expected);
  expect(notRouted.map(({name}) => name)).toEqual(ALL.filter((op) => !expected.includes(op)));
  for (const {reason} of notRouted) expect(reason).toContain('options');
  expect(ours()).toEqual(expected);
});

test('other options hold from then on, none leaves all as it is', () => {
  const {runKernel, customGrad} = tf.engine();
  install({only: ['tf.softmax']});
  const report = install({only: ['tf.logSoftmax']});
  expect(ours()).toEqual(['tf.logSoftmax']);
  expect(install()).toBe(report);
  expect(install({only: ['tf.logSoftmax']})).toBe(report);
  install({});
  expect(ours()).toEqual([...ALL]);
  uninstall();
  expect([tf.engine().runKernel, tf.engine().customGrad]).toEqual([runKernel, customGrad]);
});

test.each<[unknown, RegExp]>([
  [
    {only: ['tf.relu']},
    /^install: only contains .*tf\.relu.*, which install\(\) cannot route\. Allowed are 'tf\.softmax', /,
  ],
  [{except: [3]}, /^install: except contains .*3, which install\(\) cannot route\. Allowed are /],
  [{only: 'tf.softmax'}, /^install: only must be an array, but got .*tf\.softmax.*\. Allowed are 'tf\.softmax', /],
  [['tf.softmax'], /^install: options must be an object/],
  [{except: null}, /^install: except must be an array, but got null/],
])('install(%j) is refused and changes nothing', (options, message) => {
  install({only: ['tf.softmax']});
  expect(() => install(options as InstallOptions)).toThrow(message);
  expect(ours()).toEqual(['tf.softmax']);
});

test('the report is plain data, and words for people', () => {
  const report = install({except: ['tf.logSumExp']});
  expect(JSON.parse(JSON.stringify(report))).toEqual({routed: report.routed, notRouted: report.notRouted});
  expect(`${report}`).toBe(
    'tfjs-softmax computes tf.softmax, tf.logSoftmax, tf.losses.softmaxCrossEntropy\n' +
      'left to tfjs:\n- tf.logSumExp: the options of install() leave it out',
  );
  expect(`${install({})}`).toBe(`tfjs-softmax computes ${ALL.join(', ')}`);
});

test('options of Object.prototype are none', () => {
  Object.assign(Object.prototype, {only: ['tf.softmax']});
  try {
    expect(install({}).routed).toEqual([...ALL]);
  } finally {
    Reflect.deleteProperty(Object.prototype, 'only');
  }
});
