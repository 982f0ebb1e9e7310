/**
 * Where the cpu backend is better off with WebAssembly than with plain TypeScript: the kernels alone, by number of
 * elements, in rows of different length. `npx tsx benchmarks/staging.ts`
 */
import Table from 'cli-table3';
import {forward} from '../backends/cpu/forward';
import {product} from '../backends/cpu/product';
import {stagedForward, stagedProduct} from '../backends/wasm/private_memory';
import {Random} from '../spec/cases/random';
import {timeFunctions} from './suite/functions';

const table = new Table({
  head: [
    'elements',
    'rows',
    'softmax: TypeScript ns',
    'staged ns',
    'ratio',
    'product: TypeScript ns',
    'staged ns',
    'ratio',
  ],
  style: {head: [], border: [], compact: true},
});
for (const elements of [4, 8, 16, 32, 48, 64, 128, 256, 1024]) {
  for (const n of [elements, 4].filter((length) => length <= elements)) {
    const random = new Random(elements);
    const x = Float32Array.from({length: elements}, () => random.uniform(-10, 10));
    const out = new Float32Array(elements);
    const rows = {outer: elements / n, n, inner: 1};
    const [forwardNs, stagedForwardNs, productNs, stagedProductNs] = (
      await timeFunctions(
        [
          () => forward('softmax', x, out, rows, 1),
          () => stagedForward('softmax', x, out, rows, 1),
          () => product('softmaxProduct', x, x, out, rows, 1),
          () => stagedProduct('softmaxProduct', x, x, out, rows, 1),
        ],
        0.4,
      )
    ).map(({median}) => median * 1e6) as [number, number, number, number];
    const compare = (plain: number, staged: number) => [
      plain.toFixed(0),
      staged.toFixed(0),
      (plain / staged).toFixed(2),
    ];
    table.push([
      elements,
      `${rows.outer} x ${n}`,
      ...compare(forwardNs, stagedForwardNs),
      ...compare(productNs, stagedProductNs),
    ]);
  }
}
console.log(table.toString());
