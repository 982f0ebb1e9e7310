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
