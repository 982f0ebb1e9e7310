import * as wasm from '@tensorflow/tfjs-backend-wasm';
import {costInWords, opMs} from '../../../backends/dispatcher/cost';
import {tasksOf} from '../../../backends/dispatcher/workload';
import {exportWisdom, forgetWisdom, importWisdom, rankBackends, setThreads} from '../../../index';
import {enableWasmThreads} from '../../../node';

const ITEM = {op: 'softmax', shape: [1024, 1000]} as const;
const [LARGE] = tasksOf(ITEM);
const [SMALL] = tasksOf({op: 'softmax', shape: [4, 10]});

/** In mode `estimate`, in which what is remembered counts. */
async function partOfWasm() {
  const {candidates} = await rankBackends(ITEM, {mode: 'estimate', candidates: ['wasm']});
  return candidates[0]!.parts[0]!;
}

afterAll(() => setThreads(null));

test('before the memory is to be shared, one thread is expected, whatever is asked for', () => {
  setThreads(4);
  expect(costInWords(LARGE!, 'wasm')).not.toContain('threads');
  setThreads(null);
});

describe('once it is', () => {
  beforeAll(() => enableWasmThreads(wasm));

  test('estimates divide what is large by the threads that are expected, and say so', () => {
    const ms = [1, 2, 4, 8].map((threads) => {
      setThreads(threads);
      return {large: opMs(LARGE!, 'wasm'), small: opMs(SMALL!, 'wasm')};
    });
    const gains = ms.map(({large}) => ms[0]!.large / large);
    expect(gains.map((gain) => Number(gain.toFixed(1)))).toEqual([1, 1.9, 3.4, 5.9]);
    expect(new Set(ms.map(({small}) => small)).size).toBe(1);
    expect(costInWords(LARGE!, 'wasm')).toContain('ns per element on up to 8 threads (measured');
    setThreads(1);
    expect(costInWords(LARGE!, 'wasm')).not.toContain('threads');
  });

  test('what was measured with some threads is not remembered with others', async () => {
    setThreads(2);
    const {candidates} = await rankBackends(ITEM, {mode: 'measure', candidates: ['wasm'], budgetMs: 300});
    expect(candidates[0]!.parts[0]!.from).toMatch(/^median of \d+ samples? on up to 2 threads$/);
    const wisdom = exportWisdom();
    expect(Object.keys(JSON.parse(wisdom).entries[0].backends)).toEqual(['wasm on up to 2 threads']);
    expect(Object.keys(JSON.parse(wisdom).probes)).toEqual(['wasm on up to 2 threads']);
    forgetWisdom();
    importWisdom(wisdom);
    expect(await partOfWasm()).toMatchObject({
      source: 'remembered',
      from: expect.stringContaining('on up to 2 threads'),
    });
    setThreads(3);
    expect(await partOfWasm()).toMatchObject({
      source: 'estimated',
      from: expect.stringContaining('on up to 3 threads'),
    });
    setThreads(1);
    expect(await partOfWasm()).toMatchObject({source: 'estimated', from: expect.not.stringContaining('threads')});
  });
});
