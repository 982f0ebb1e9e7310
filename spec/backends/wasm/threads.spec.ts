import * as wasm from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {Threads} from '../../../backends/engines/wasm/threads';
import {wasmBackend} from '../../../backends/wasm';
import {backendReport, getThreads, setThreads, softmax, softmaxCrossEntropy} from '../../../index';
import {enableWasmThreads} from '../../../node';
import {allAwake, compareThreads, threadsNow, turn} from './thread_cases';

beforeAll(async () => {
  await enableWasmThreads(wasm);
  await tf.setBackend('wasm');
});

afterEach(() => setThreads(null));

afterAll(() => {
  setThreads(1);
  softmax(tf.ones([1024, 1000])).dispose(); // ends the threads
});

describe('Node, on a memory that enableWasmThreads has made shared', () => {
  test.each([2, 3, 4, 8])('%d threads give what one gives, bit by bit, and touch nothing else', async (threads) => {
    const {wrong, taken, shared, cases, grown, left} = await compareThreads({seed: 1000 * threads, cases: 60, threads});
    expect(wrong).toEqual([]);
    expect(taken).toHaveLength(threads);
    expect(Math.min(...taken)).toBeGreaterThan(0);
    expect(shared).toBeGreaterThan(cases / 10);
    expect(grown).toBeGreaterThanOrEqual(0);
    expect(left).toBe(0);
  });
});
