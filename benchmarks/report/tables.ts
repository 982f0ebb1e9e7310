import {REFERENCE} from '../../kernels/reference_table';
import type {Case, Entry, Report} from '../suite/report';
import {shapeName} from '../suite/shapes';
import {ratioText} from '../suite/summary';

/** A table as text, for whoever draws it. The first column is for names, the others for figures. */
export interface Table {
  title: string;
  head: string[];
  rows: string[][];
}

/** How much of it is shown: on a terminal, times of others and first calls do not fit. */
export type Width = 'narrow' | 'wide';

/** One table for each op and backend: ours in full, and everyone else beside it. */
export function tables({plan, cases}: Report, width: Width): Table[] {
  return plan.ops.flatMap((op) =>
    plan.backends.flatMap((backend) => {
      const own = cases.filter((one) => one.op === op && one.backend === backend);
      return own.length > 0 ? [table(`${op} on ${backend}: ${REFERENCE[op].formula}`, own, width)] : [];
    }),
  );
}

interface Column {
  head: string;
  cell: (entry: Entry, elements: number) => string;
}

const TIME: Column = {head: 'ns', cell: ({fault, nsPerElement}) => (fault ? '' : figure(nsPerElement))};
const BAND: Column = {
  head: 'p20 - p80',
  cell: ({ms}, elements) => (ms ? `${figure((ms.p20 * 1e6) / elements)} - ${figure((ms.p80 * 1e6) / elements)}` : ''),
};
const TRAFFIC: Column = {head: 'GB/s', cell: ({gbPerSecond}) => figure(gbPerSecond)};
const OF_COPY: Column = {head: '% of copy', cell: ({percentOfCopy}) => figure(percentOfCopy, 0)};
const ULP: Column = {head: 'ULP', cell: ({ulp}) => figure(ulp, 1)};
const DRAWS: Column = {head: 'draws', cell: ({draws}) => figure(draws, 0)};
const FIRST: Column = {head: 'first ms', cell: ({firstCallMs}) => figure(firstCallMs, 1)};
const RATIO: Column = {head: '/ ours', cell: (entry) => entry.fault?.mark.toUpperCase() ?? ratioText(entry)};

const OF_OURS = {narrow: [TIME, BAND, TRAFFIC, OF_COPY, ULP], wide: [TIME, BAND, TRAFFIC, OF_COPY, ULP, FIRST]};
const OF_OTHERS = {narrow: [RATIO, ULP], wide: [TIME, RATIO, ULP, FIRST]};

function table(title: string, cases: Case[], width: Width): Table {
  const all = cases.flatMap(({entries}) => entries);
  const names = [...new Set(all.map(({peer}) => peer))].filter((peer) => peer !== 'copy');
  const draws = all.some((entry) => entry.draws !== null) ? [DRAWS] : [];
  const columns = names.flatMap((peer) =>
    [...(peer === 'ours' ? OF_OURS : OF_OTHERS)[width], ...draws].map((column) => ({peer, ...column})),
  );
  return {
    title,
    head: ['shape', ...columns.map(({peer, head}) => (head === 'ULP' ? head : `${peer} ${head}`))],
    rows: cases.map(({shape, entries}) => [
      shapeName(shape),
      ...columns.map(({peer, cell}) => {
        const entry = entries.find((one) => one.peer === peer);
        return entry ? cell(entry, shape[0] * shape[1]) : '';
      }),
    ]),
  };
}

function figure(value: number | null, digits?: number): string {
  if (value === null) return '';
  if (value >= 1e6) return value.toExponential(1);
  return value.toFixed(digits ?? (value < 100 ? 2 : 0));
}
