import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {install, uninstall} from '../../index';
import {isOfFamily} from '../../kernels/names';
import {softmax} from '../../kernels/reference';
import {SNIPPETS} from '../cases/snippets';
import {watchKernels} from '../hosts/kernels';
import {describeWithTfjsNode} from '../hosts/tfjs_node';
import {ulpError, worst} from '../ulp';
import {type ModelHost, modelHost} from './host';
import {type Features, LANGUAGES, languageNames, loadGraph} from './language_classifier';
import {classifierFiles, runWholeGraph} from './language_features';
import {ROUTES} from './routes';
import {NAMES, SIZES, task} from './transformer';
import {gradients} from './transformer_reference';

const files = classifierFiles();
const EXPECTED = SNIPPETS.map(({language}) => language);
let names: string[];
let features: Features;

function classesOf(probabilities: Float32Array): string[] {
  return EXPECTED.map((_, text) => {
    const row = probabilities.subarray(text * LANGUAGES, (text + 1) * LANGUAGES);
    return names[row.indexOf(Math.max(...row))]!;
  });
}

let wholeGraph: {kernels: string[]; stock: Float32Array; ours: Float32Array};

beforeAll(async () => {
  await tf.setBackend('cpu');
  const graph = await loadGraph(files);
  names = languageNames(graph);
  const texts = SNIPPETS.map(({text}) => text);
  const stock = await runWholeGraph(graph, texts);
  install();
  const {kernels, stop} = watchKernels();
  const ours = await runWholeGraph(graph, texts);
  stop();
  uninstall();
  graph.dispose();
  features = ours.features;
  wholeGraph = {kernels, stock: stock.probabilities, ours: ours.probabilities};
});

test('a real classifier from its texts on, on cpu, which has ops for strings', () => {
  expect(wholeGraph.kernels).toEqual(['softmax']);
  expect(classesOf(wholeGraph.stock)).toEqual(EXPECTED);
  expect(classesOf(wholeGraph.ours)).toEqual(EXPECTED);
});

// With the bound of softmax that the README gives, in ULP.
describe.each([
  ['cpu', 4],
  ['wasm', 4],
  ['webgl', 6],
])('on %s', (backend, bound) => describeModels(backend, bound));

describe('on webgl, reductions cut as for hardware', () => describeModels('webgl', 6, true));

describeWithTfjsNode('with tfjs-node', () => {
  describe('on tensorflow', () => describeModels('tensorflow', 4));
});

function describeModels(backend: string, bound: number, cutAsForHardware = false): void {
  let host: ModelHost;
  beforeAll(async () => {
    host = await modelHost(backend, files, cutAsForHardware);
  });
  afterAll(() => host.close());

  test.each(['graph', 'layers'] as const)('a real classifier, as a %s model', async (model) => {
    const stock = await host.run('classify', {model, features, installed: false});
    const ours = await host.run('classify', {model, features, installed: true});
    expect(stock.kernels).toContain('Softmax');
    expect(ours.kernels).toContain('softmax');
    expect(ours.kernels).not.toContain('Softmax');
    for (const {backend: ran, leakedTensors, probabilities} of [stock, ours]) {
      expect([ran, leakedTensors]).toEqual([backend, 0]);
      expect(classesOf(probabilities)).toEqual(EXPECTED);
    }
    expect(ours.logits).toEqual(stock.logits);
    const exact = SNIPPETS.flatMap((_, i) =>
      Array.from(softmax(ours.logits.subarray(i * LANGUAGES, (i + 1) * LANGUAGES))),
    );
    expect(worst(ours.probabilities, exact, ulpError).error).toBeLessThanOrEqual(bound);
    expect(worst(ours.probabilities, stock.probabilities, (a, b) => Math.abs(a - b)).error).toBeLessThan(1e-6);
  });

  test('a transformer block learns, with exact gradients and without looking ahead', async () => {
    const {batch, heads, length, tokens} = SIZES;
    const outcome = await host.run('train', {task: task(), steps: 16});
    expect(outcome).toMatchObject({backend, leakedTensors: 0});
    expect(outcome.kernels).toEqual(
      expect.arrayContaining(['maskedSoftmax', 'softmaxProduct', 'sparseCrossEntropy', 'sparseCrossEntropyGradient']),
    );

    const exact = NAMES.map((name) => exactGradients()[name]);
    const largest = Math.max(...exact.flatMap((g) => Array.from(g, Math.abs)));
    const errors = exact.map((g, i) => worst(outcome.gradients[NAMES[i]!], g, (a, e) => Math.abs(a - e)).error);
    expect(Math.max(...errors) / largest).toBeLessThan(1e-6);

    expect(outcome.losses[0]).toBeGreaterThan(Math.log(tokens));
    expect(outcome.losses.at(-1)).toBeLessThan(0.1);

    outcome.attention.forEach((weight, i) => {
      const [from, to] = [Math.floor(i / length) % length, i % length];
      if (to > from) expect(weight).toBe(0);
    });
    expect(outcome.attention).toHaveLength(batch * heads * length * length);
    // Another last token changes the logits of the last tokens, all of them, and no others by a single bit.
    const changed = outcome.logits.map((logit, i) => Number(logit !== outcome.logitsOfOtherEnd[i]));
    const isLast = changed.map((_, i) => Number(Math.floor(i / tokens) % length === length - 1));
    expect(changed).toEqual(isLast);
  });

  test.each(Object.entries(ROUTES))('%s in tf.profile', async (name, {kernel}) => {
    const {stock, installed, after} = await host.run('profileRoute', {name});
    expect(stock.filter(isOfFamily)).toEqual([]);
    expect(installed).toContain(kernel);
    expect(installed).not.toContain('Softmax');
    expect(after).toEqual(stock);
  });
}

let known: ReturnType<typeof gradients> | undefined;

/** Once for all backends: two thousand losses. */
function exactGradients() {
  known ??= gradients(task());
  return known;
}
