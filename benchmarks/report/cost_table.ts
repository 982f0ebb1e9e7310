import {costOf, VARIANTS, type Variant} from '../suite/costs';
import type {Table} from './tables';

/** The cost model, for reading. */
export function costTable(): Table {
  return {
    title: 'What each variant costs, per element',
    head: ['op', 'variant', 'backend', 'reads', 'writes', 'exponentials', 'draws', 'passes'],
    rows: VARIANTS.map((variant) => {
      const {reads, writes, exponentials} = costOf(variant);
      const figures = [reads, writes, exponentials].map(String);
      const passes = variant.passes.map(({does}) => does).join(' · ');
      return [variant.op, variant.peer, variant.backends, ...figures, drawsOf(variant), passes];
    }),
  };
}

function drawsOf({draws}: Variant): string {
  return draws ? `${draws.software}, on a GPU ${draws.hardware}` : '';
}
