import {kernelsThatRan, plant} from '../../hosts/planted_kernels'; // before the kernels
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {knownProblem, selfCheck} from '../../../backends/dispatcher/self_check';
import * as lossesInJavaScript from '../../../backends/engines/javascript/cross_entropy';
import * as forwardInJavaScript from '../../../backends/engines/javascript/forward';
import * as maskedInJavaScript from '../../../backends/engines/javascript/masked';
import * as productInJavaScript from '../../../backends/engines/javascript/product';
import * as scaleRowsInJavaScript from '../../../backends/engines/javascript/scale_rows';
import type {KernelName} from '../../../backends/engines/wasm/plan';
import {implementationOn} from '../../../backends/registration';
import {rankBackends} from '../../../index';
import {stateOfTfjs} from '../../hosts/fakes';

/** Plain TypeScript, to be planted: each function has an array for its results among its arguments. */
jest.mock('../../../backends/engines/javascript/forward', () =>
  plantable('../../../backends/engines/javascript/forward'),
);
jest.mock('../../../backends/engines/javascript/masked', () =>
  plantable('../../../backends/engines/javascript/masked'),
);
jest.mock('../../../backends/engines/javascript/product', () =>
  plantable('../../../backends/engines/javascript/product'),
);
jest.mock('../../../backends/engines/javascript/cross_entropy', () =>
  plantable('../../../backends/engines/javascript/cross_entropy'),
);
jest.mock('../../../backends/engines/javascript/scale_rows', () =>
  plantable('../../../backends/engines/javascript/scale_rows'),
);
function plantable(path: string): object {
  const actual = jest.requireActual<Record<string, unknown>>(path);
  const functions = Object.entries(actual).map(([name, value]) => [
    name,
    typeof value === 'function' ? jest.fn(value as () => void) : value,
  ]);
  return Object.fromEntries(functions);
}

beforeAll(async () => {
  for (const name of ['wasm', 'cpu']) await tf.setBackend(name);
});
afterEach(() => plant(null));

describe.each(['cpu', 'wasm'])('%s', (backend) => {
  test('every kernel runs, each variant passes, and tfjs is as before', async () => {
    await selfCheck(backend);
    kernelsThatRan();
    const before = stateOfTfjs();
    const {problem, variants, left} = await selfCheck(backend);
    expect({problem, left}).toEqual({problem: null, left: 0});
    const {ran, all} = kernelsThatRan();
    // Of logits at once only wasm has a product; pieces are for several threads.
    const without = backend === 'wasm' ? ['piecesOfLongRows'] : ['piecesOfLongRows', 'logSoftmaxGradientLongRows'];
    const wanted = all.filter((name) => !without.includes(name));
    expect(wanted.length).toBeGreaterThan(25);
    expect(ran.sort()).toEqual(wanted.sort());
    // What the plans say is what has run.
    const named = variants.map(({name}) => name).filter((name) => !name.includes('plain TypeScript'));
    const kernels = new Set(named.map((name) => name.replace(/,? (staged|of (classes|distributions)).*/, '')));
    expect([...kernels].sort()).toEqual(ran);
    expect(stateOfTfjs()).toEqual(before);
  });

  test.each(['zeros', 'nothing'] as const)('any kernel that writes %s is found', async (fault) => {
    await selfCheck(backend);
    const {ran} = kernelsThatRan();
    const missed: string[] = [];
    for (const kernel of ran as KernelName[]) {
      plant({kernel, fault});
      const {problem, variants} = await selfCheck(backend);
      const failing = variants.filter((variant) => variant.problem !== null).map(({name}) => name);
      if (problem === null || !failing.every((name) => concerns(name, kernel))) missed.push(`${kernel}: ${failing}`);
    }
    plant(null);
    expect(missed).toEqual([]);
    expect((await selfCheck(backend)).problem).toBeNull();
  });
});

/** Whether a fault in a kernel may show there: what softmax leaves is what the gradient of a loss begins with. */
function concerns(variant: string, kernel: string): boolean {
  return variant.startsWith(kernel) || (kernel.startsWith('softmax') && variant.startsWith('crossEntropyGradient'));
}

const IN_JAVASCRIPT = {
  softmax: [forwardInJavaScript, 'forward'],
  'masked softmax': [maskedInJavaScript, 'maskedForward'],
  softmaxProduct: [productInJavaScript, 'product'],
  loss: [lossesInJavaScript, 'crossEntropy'],
  lossGradient: [lossesInJavaScript, 'crossEntropyGradient'],
  scaleRows: [scaleRowsInJavaScript, 'scaleRows'],
} as const;

test.each(Object.entries(IN_JAVASCRIPT))('cpu: %s in plain TypeScript that writes nothing is found', async (op, at) => {
  const planted = (at[0] as unknown as Record<string, jest.Mock>)[at[1]]!;
  const original = planted.getMockImplementation();
  planted.mockImplementation(() => {});
  try {
    const {variants} = await selfCheck('cpu');
    const failing = variants.filter(({problem}) => problem !== null).map(({name}) => name);
    expect(failing).toContain(`${op} in plain TypeScript`);
    expect(failing.every((name) => name.endsWith('in plain TypeScript'))).toBe(true);
  } finally {
    planted.mockImplementation(original);
  }
});

test('a message that reads like that of a wrong result is none', async () => {
  const planted = forwardInJavaScript.forward as jest.Mock;
  const original = planted.getMockImplementation();
  planted.mockImplementation(() => {
    throw new Error('the driver gives up where it is right');
  });
  try {
    const {problem, isWrong} = await selfCheck('cpu');
    expect(problem).toMatch(/throws: the driver gives up/);
    expect(isWrong).toBe(false);
    expect(knownProblem('cpu')).toBeNull();
  } finally {
    planted.mockImplementation(original);
  }
  expect((await selfCheck('cpu')).problem).toBeNull();
});

test('what a backend gives that is lost meanwhile is no wrong result', async () => {
  const implementation = implementationOn('cpu') as {lost?: () => string | null};
  const planted = forwardInJavaScript.forward as jest.Mock;
  const original = planted.getMockImplementation();
  let lost: string | null = null;
  implementation.lost = () => lost;
  planted.mockImplementation(() => {
    lost = 'it is gone';
  });
  try {
    expect(await selfCheck('cpu')).toMatchObject({problem: 'it is gone', isWrong: false});
  } finally {
    delete implementation.lost;
    planted.mockImplementation(original);
  }
  expect((await selfCheck('cpu')).problem).toBeNull();
});

test('what is found is out of rankings, measured or estimated, until it is right again', async () => {
  const workload = {op: 'softmax', shape: [64, 1000]} as const;
  const outOf = async (mode: 'measure' | 'estimate') => {
    const {candidates} = await rankBackends(
      {...workload, shape: [...workload.shape]},
      {mode, budgetMs: 500, remember: false},
    );
    return candidates.find(({backend}) => backend === 'wasm')!.out;
  };
  // Not one that this workload runs.
  plant({kernel: 'logSumExpStridedRows', fault: 'zeros'});
  expect((await selfCheck('wasm')).problem).toMatch(/^logSumExpStridedRows gives 0 where/);
  expect(knownProblem('wasm')).toContain('logSumExpStridedRows');
  for (const mode of ['estimate', 'measure'] as const)
    expect(await outOf(mode)).toContain('logSumExpStridedRows gives 0');
  plant(null);
  await selfCheck('wasm');
  expect(await outOf('measure')).toBeNull();
});

test('a check that has no time says how much is left', async () => {
  const {problem, variants, left} = await selfCheck('wasm', () => true);
  expect(problem).toBeNull();
  expect(variants.length).toBeGreaterThan(0);
  expect(left).toBeGreaterThan(20);
});
