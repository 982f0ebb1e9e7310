/** A page that runs tfjs's own specs after `install()`, with jasmine, which they are written for. */
import '@tensorflow/tfjs'; // chained ops, all gradients
import * as tf from '@tensorflow/tfjs-core';
import {install, uninstall} from '../../index';
import {recordKernels} from '../hosts/kernels';
import {expose} from '../hosts/page';
import {defineOwnSpecs, type Runner} from '../tfjs_own/define';

/** What is used of jasmine; loaded as a script, it makes itself and describe, it and so on global. */
declare const jasmine: {
  getEnv(): {
    configure(options: {random: boolean}): void;
    addReporter(reporter: {specDone: (result: SpecResult) => void}): void;
    execute(): Promise<unknown>;
  };
};
interface SpecResult {
  fullName: string;
  failedExpectations: {message: string}[];
}

interface Run {
  /** jasmine's own code. */
  jasmineCode: string;
  codes: string[];
  backend: string;
  flags: Record<string, boolean | number>;
}

export interface OwnResult {
  name: string;
  failures: string[];
}

const functions = {
  /** Runs all of them, in their order, on a backend. */
  async run({jasmineCode, codes, backend, flags}: Run) {
    for (const [name, value] of Object.entries(flags)) tf.env().set(name, value);
    await tf.setBackend(backend);
    const script = document.createElement('script');
    script.text = jasmineCode;
    document.head.append(script);
    const env = jasmine.getEnv();
    const results: OwnResult[] = [];
    env.configure({random: false});
    env.addReporter({
      specDone: ({fullName, failedExpectations}) =>
        results.push({name: fullName, failures: failedExpectations.map(({message}) => message)}),
    });
    for (const code of codes) defineOwnSpecs(code, globalThis as unknown as Runner);
    install();
    try {
      const ops = () => tf.tidy(() => [tf.softmax([1, 2]), tf.logSoftmax([1, 2]), tf.logSumExp([1, 2])]);
      const {kernels} = recordKernels(ops);
      await env.execute();
      return {backend: tf.getBackend(), kernels, results};
    } finally {
      uninstall();
    }
  },
};
expose(functions);
export type Functions = typeof functions;
