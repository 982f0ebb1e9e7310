/**
 * Where typed arrays are better off with WebAssembly than with plain TypeScript, on the cpu backend and on tensorflow: the kernels alone, by number of
 * elements, in rows of different length. `npx tsx benchmarks/staging.ts`
 */
import Table from 'cli-table3';
import {crossEntropy, crossEntropyGradient} from '../backends/engines/javascript/cross_entropy';
import {forward} from '../backends/engines/javascript/forward';
import {maskedForward} from '../backends/engines/javascript/masked';
import {product} from '../backends/engines/javascript/product';
import {planForward, planLoss, planLossGradient, planProduct} from '../backends/engines/wasm/plan';
import {runStaged} from '../backends/engines/wasm/staging';
import {Random} from '../spec/cases/random';
import {timeFunctions} from './suite/functions';

interface Pair {
  name: string;
  plain: () => void;
  staged: () => void;
}

/** What is compared on that many elements in rows of n. */
function pairsOf(elements: number, n: number): Pair[] {
  const random = new Random(elements);
  const x = Float32Array.from({length: elements}, () => random.uniform(-10, 10));
  const out = new Float32Array(elements);
  const rows = {outer: elements / n, n, inner: 1};
  const flags = Uint8Array.from(x, (_, i) => i & 1);
  const mask = {step: 1, outer: [{length: rows.outer, step: n}], inner: []};
  const classes = new Int32Array(rows.outer);
  const loss = {rows, sparse: true, smoothing: 0, total: 1};
  const cotangent = Float32Array.of(1);
  return [
    {
      name: 'softmax',
      plain: () => forward('softmax', x, out, rows, 1),
      staged: () => runStaged(planForward('softmax', rows, 1, null), x, out),
    },
    {
      name: 'product',
      plain: () => product('softmaxProduct', x, x, out, rows, 1),
      staged: () => runStaged(planProduct('softmaxProduct', rows, 1), x, out, x),
    },
    {
      name: 'masked softmax',
      plain: () => maskedForward('softmax', x, flags, out, rows, 1, mask),
      staged: () => runStaged(planForward('softmax', rows, 1, mask), x, out, flags),
    },
    {
      name: 'loss',
      plain: () => crossEntropy(x, classes, out, loss),
      staged: () => runStaged(planLoss(loss), x, out, classes),
    },
    {
      name: "loss's gradient",
      plain: () => crossEntropyGradient(x, classes, cotangent, out, loss),
      staged: () => runStaged(planLossGradient(loss), x, out, classes, cotangent),
    },
  ];
}

const table = new Table({
  head: ['elements', 'rows', ...pairsOf(4, 4).map(({name}) => `${name}: ns, staged ns, ratio`)],
  style: {head: [], border: [], compact: true},
});
for (const elements of [4, 8, 16, 32, 48, 64, 128, 256, 1024]) {
  for (const n of [elements, 4].filter((length) => length <= elements)) {
    const pairs = pairsOf(elements, n);
    const times = await timeFunctions(
      pairs.flatMap(({plain, staged}) => [plain, staged]),
      1,
    );
    const figures = pairs.map((_, i) => {
      const [plain, staged] = [times[2 * i]!, times[2 * i + 1]!].map(({median}) => median * 1e6) as [number, number];
      return `${plain.toFixed(0)}, ${staged.toFixed(0)}, ${(plain / staged).toFixed(2)}`;
    });
    table.push([elements, `${elements / n} x ${n}`, ...figures]);
  }
}
console.log(table.toString());
