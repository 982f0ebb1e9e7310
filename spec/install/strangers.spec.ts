import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type * as Family from '../../index';
import {Random} from '../cases/random';
import {recordKernels} from '../hosts/kernels';

/** Several copies of this package, and others that wrap tfjs's methods too, coming and going in any order. */

type Engine = ReturnType<typeof tf.engine>;
type Door = 'runKernel' | 'customGrad';
const DOORS: Door[] = ['runKernel', 'customGrad'];

/** Copies of the package, each with its own modules; the engine is one. */
const copies: (typeof Family)[] = [];
for (let i = 0; i < 3; i++) {
  jest.isolateModules(() => {
    copies.push(require('../../index'));
  });
}
const [a, b, c] = copies as [typeof Family, typeof Family, typeof Family];
const engine = tf.engine();

beforeAll(async () => {
  expect(new Set(copies.map(({softmax}) => softmax)).size).toBe(3);
  await tf.setBackend('cpu');
});

/** What has stood in tfjs's place from the beginning, and notes how deep in the stack it is called. */
let depth: Record<Door, number>;
let bottom: Record<Door, Engine[Door]>;
beforeEach(() => {
  depth = {runKernel: 0, customGrad: 0};
  for (const door of DOORS) {
    const stock = Object.getPrototypeOf(engine)[door] as (...args: unknown[]) => unknown;
    const noting = function (this: Engine, ...args: unknown[]) {
      depth[door] = new Error().stack!.split('\n').length;
      return stock.apply(this, args);
    };
    Object.assign(engine, {[door]: noting});
  }
  bottom = {runKernel: engine.runKernel, customGrad: engine.customGrad};
});
afterEach(() => {
  for (const copy of copies) copy.uninstall();
  for (const door of DOORS) Reflect.deleteProperty(engine, door);
});
beforeAll(() => {
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
});

/** How deep in the stack tfjs's own methods are called. */
function depthOfCalls(): Record<Door, number> {
  tf.tidy(() => tf.square(tf.customGrad((x) => ({value: tf.abs(x as tf.Tensor), gradFunc: () => []}))(tf.scalar(2))));
  return {...depth};
}

const isOurs = () => recordKernels(() => tf.tidy(() => tf.softmax([1, 2]).dataSync())).kernels.includes('softmax');
const isLogOurs = () => recordKernels(() => tf.tidy(() => tf.logSoftmax([1, 2]).dataSync())).kernels.length > 0;

/** Wraps both methods of the engine, as a profiler would; returns what takes the wrappers off. */
function spy(): () => void {
  const before = DOORS.map((door) => Object.getOwnPropertyDescriptor(engine, door));
  for (const door of DOORS) {
    const inner = engine[door] as (...args: unknown[]) => unknown;
    Object.assign(engine, {
      [door](this: Engine, ...args: unknown[]) {
        return inner.apply(this, args);
      },
    });
  }
  return () => {
    for (const [i, door] of DOORS.entries()) {
      if (before[i]) Object.defineProperty(engine, door, before[i]);
      else Reflect.deleteProperty(engine, door);
    }
  };
}

/** After all have gone. A wrapper that waited inside a stranger's takes itself off in the next call. */
function expectStock() {
  expect([isOurs(), isLogOurs()]).toEqual([false, false]);
  depthOfCalls();
  expect([engine.runKernel, engine.customGrad]).toEqual([bottom.runKernel, bottom.customGrad]);
}

test('of two copies either may go first, and with the second all is as it was', () => {
  a.install();
  const ofOne = depthOfCalls();
  b.install();
  expect(depthOfCalls()).toEqual(ofOne);
  expect([isOurs(), isLogOurs()]).toEqual([true, true]);
  a.uninstall();
  expect([isOurs(), isLogOurs()]).toEqual([true, true]);
  b.uninstall();
  expectStock();
});

test('copies that are not nested leave nothing, in 10,000 rounds', () => {
  const before = depthOfCalls();
  for (let round = 0; round < 10_000; round++) {
    a.install();
    b.install();
    a.uninstall();
    b.uninstall();
  }
  expectStock();
  expect(depthOfCalls()).toEqual(before);
});

test('one copy and a spy that are not nested leave nothing, in 10,000 rounds', () => {
  const before = depthOfCalls();
  for (let round = 0; round < 10_000; round++) {
    a.install();
    const off = spy();
    a.uninstall();
    off();
  }
  expect(isOurs()).toBe(false);
  expectStock();
  expect(depthOfCalls()).toEqual(before);
});

test('a spy that stays has one wrapper of ours inside, however often copies come and go', () => {
  a.install();
  const off = spy();
  const before = depthOfCalls();
  for (let round = 0; round < 2000; round++) {
    a.uninstall();
    b.install();
    c.install();
    b.uninstall();
    a.install();
    c.uninstall();
  }
  expect(depthOfCalls()).toEqual(before);
  expect([isOurs(), isLogOurs()]).toEqual([true, true]);
  a.uninstall();
  expect([isOurs(), isLogOurs()]).toEqual([false, false]);
  expect(depthOfCalls()).toEqual(before);
  off();
  expectStock();
});

test.each([1, 2, 3])('any order of 10,000 rounds leaves the depth of calls as it was: seed %i', (seed) => {
  const random = new Random(seed);
  const before = depthOfCalls();
  const installed = new Set<typeof Family>();
  const spies: (() => void)[] = [];
  const pick = (n: number) => Math.floor(random.uniform() * n);
  for (let round = 0; round < 10_000; round++) {
    const copy = copies[pick(3)]!;
    const action = pick(4);
    if (action === 0) {
      copy.install();
      installed.add(copy);
      if (round % 20 === 0) expect(isOurs()).toBe(true);
    } else if (action === 1) {
      copy.uninstall();
      installed.delete(copy);
      if (round % 20 === 0 && installed.size === 0) expect(isOurs()).toBe(false);
    } else if (action === 2 && spies.length < 5) {
      spies.push(spy());
    } else {
      spies.pop()?.();
    }
    if (round % 100 === 0) {
      // At most one frame of ours between any two of strangers: one that waits inside each of them.
      expect(depthOfCalls().runKernel).toBeLessThanOrEqual(before.runKernel + 2 * spies.length + 1);
    }
  }
  for (const copy of copies) copy.uninstall();
  while (spies.length > 0) spies.pop()!();
  expectStock();
  expect(depthOfCalls()).toEqual(before);
});

test('installing again puts the wrapper back where somebody has thrown it out', () => {
  a.install();
  Object.assign(engine, bottom);
  expect(isOurs()).toBe(false);
  a.install();
  expect([isOurs(), isLogOurs()]).toEqual([true, true]);
  a.uninstall();
  expectStock();
});

test('a saved wrapper that somebody puts back does no harm', () => {
  a.install();
  const saved = {runKernel: engine.runKernel, customGrad: engine.customGrad};
  a.uninstall();
  Object.assign(engine, saved);
  expectStock();
  Object.assign(engine, saved);
  b.install();
  expect([engine.runKernel, engine.customGrad]).toEqual([saved.runKernel, saved.customGrad]);
  expect(isOurs()).toBe(true);
  b.uninstall();
  expectStock();
});

test("a stranger's proxy of our wrapper is the stranger's, and stays", () => {
  a.install();
  const calls: string[] = [];
  const proxy = new Proxy(engine.runKernel, {
    apply(target, thisArgument, args) {
      calls.push(args[0]);
      return Reflect.apply(target, thisArgument, args);
    },
  });
  engine.runKernel = proxy;
  a.uninstall();
  expect(engine.runKernel).toBe(proxy);
  expect(isOurs()).toBe(false);
  expect(calls).toContain('Softmax');
});

test('jest.spyOn, before and after', () => {
  const spied = jest.spyOn(engine, 'runKernel');
  a.install();
  expect(isOurs()).toBe(true);
  a.uninstall();
  a.install();
  const outer = jest.spyOn(engine, 'runKernel');
  a.uninstall();
  b.install();
  expect(isOurs()).toBe(true);
  b.uninstall();
  outer.mockRestore();
  expect(isOurs()).toBe(false);
  spied.mockRestore();
  expectStock();
});

test('looking for the wrapper starts no backend, runs nothing, and leaves no tensor', () => {
  for (const door of DOORS) Reflect.deleteProperty(engine, door);
  const off = spy();
  const ran = jest.spyOn(engine, 'runKernelFunc' as never);
  const started = jest.spyOn(engine, 'initializeBackend' as never);
  const tensors = tf.memory().numTensors;
  const {backendName} = engine;
  Object.assign(engine, {backendName: undefined});
  try {
    a.install();
    a.uninstall();
  } finally {
    Object.assign(engine, {backendName});
  }
  expect(ran).not.toHaveBeenCalled();
  expect(started).not.toHaveBeenCalled();
  expect(tf.memory().numTensors).toBe(tensors);
  ran.mockRestore();
  started.mockRestore();
  off();
});
