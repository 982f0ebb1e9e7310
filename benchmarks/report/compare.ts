import {placeName} from '../suite/case_name';
import type {Case, Report} from '../suite/report';
import {shapeName} from '../suite/shapes';
import {machineName} from './machine_name';
import type {Table} from './tables';

/** Two results side by side: ours in both, and how long stock takes beside it; a backend may be in one of them alone. */
export function comparison(here: Report, other: Report): Table {
  const keyOf = (one: Case) => [one.op, shapeName(one.shape), placeName(one)].join(' ');
  const find = ({cases}: Report, key: string) => cases.find((one) => keyOf(one) === key);
  const shared = (one: Case) =>
    [here, other].every(({cases}) =>
      cases.some(({op, shape}) => op === one.op && shapeName(shape) === shapeName(one.shape)),
    );
  const all = new Map([...here.cases, ...other.cases].filter(shared).map((one) => [keyOf(one), one]));
  const rows = [...all.values()]
    .sort((a, b) => order(here, other, a) - order(here, other, b))
    .map((one) => {
      const [first, second] = [here, other].map((report) => find(report, keyOf(one)));
      const [a, b] = [first, second].map((each) => entryOf(each, 'ours')?.nsPerElement ?? null);
      const ratio = a && b ? (b / a).toFixed(2) : '';
      const beside = [first, second].map((each) => entryOf(each, 'stock')?.ratio?.toFixed(2) ?? '');
      return [
        ...[one.op, shapeName(one.shape), placeName(one)],
        ...[a, b].map((ns) => (ns ? ns.toPrecision(3) : '')),
        ...[ratio, ...beside],
      ];
    });
  return {
    title: `A: ${machineName(here)}. B: ${machineName(other)}`,
    head: [
      'op',
      'shape',
      'backend',
      'ours in A, ns',
      'ours in B, ns',
      'B / A',
      'stock / ours in A',
      'stock / ours in B',
    ],
    rows,
  };
}

/** By op, then by shape, as the first of the two has them. */
function order(here: Report, other: Report, {op, shape}: Case): number {
  const ops = [...here.plan.ops, ...other.plan.ops];
  const shapes = [...here.plan.shapes, ...other.plan.shapes].map(shapeName);
  return 1000 * ops.indexOf(op) + shapes.indexOf(shapeName(shape));
}

function entryOf(one: Case | undefined, peer: string) {
  return one?.entries.find((entry) => entry.peer === peer);
}
