import {costOf, VARIANTS, type Variant} from '../suite/costs';
import type {Table} from './tables';

/** The cost model, for reading. */
export function costTable(): Table {
  return {
    title: 'What each variant costs, per element',
    head: ['op', 'variant', 'backend', 'reads', 'writes', 'exponentials', 'launches', 'passes'],
    rows: VARIANTS.map((variant) => {
      const {reads, writes, exponentials} = costOf(variant);
      const figures = [reads, writes, exponentials].map(String);
      const passes = variant.passes.map(({does}) => does).join(' · ');
      return [variant.op, variant.peer, variant.backends, ...figures, launchesOf(variant), passes];
    }),
  };
}

function launchesOf({launches}: Variant): string {
  if (!launches) return '';
  const {software, hardware} = launches;
  return software === hardware ? `${hardware}` : `${software}, on a GPU ${hardware}`;
}
