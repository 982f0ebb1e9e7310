import * as tf from '@tensorflow/tfjs-core';

/** What the files use of a test runner; jest's has it all. */
export interface Runner {
  describe: (name: string, body: () => void) => void;
  it: (name: string, body: () => unknown) => void;
  beforeEach: (body: () => void) => void;
  afterEach: (body: () => void) => void;
  expect: unknown;
}

/** Defines the tests of one of tfjs's spec files with that runner, for whatever backend is active when they run. */
export function defineOwnSpecs(code: string, runner: Runner): void {
  const {describe, beforeEach, afterEach} = runner;
  const harness = {
    ALL_ENVS: {},
    describeWithFlags: (name: string, _: unknown, tests: (environment: object) => void) =>
      describe(name, () => {
        beforeEach(() => tf.engine().startScope());
        afterEach(() => tf.engine().endScope());
        tests({});
      }),
  };
  const modules: Record<string, unknown> = {index: tf, jasmine_util: harness, test_util: tf.test_util};
  const require = (path: string) => modules[path.slice(path.lastIndexOf('/') + 1)];
  const evaluate = new Function('require', 'describe', 'it', 'expect', code);
  evaluate(require, describe, runner.it, runner.expect);
}

/** The full names of the tests in one of the files, in order; none of them runs. */
export function namesOfOwnSpecs(code: string): string[] {
  const path: string[] = [];
  const names: string[] = [];
  const runner: Runner = {
    describe(name, body) {
      path.push(name);
      body();
      path.pop();
    },
    it: (name) => names.push([...path, name].join(' ')),
    beforeEach: () => undefined,
    afterEach: () => undefined,
    expect: () => undefined,
  };
  defineOwnSpecs(code, runner);
  return names;
}
