import {REFERENCE} from '../../kernels/reference_table';
import {placeName} from '../suite/case_name';
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
export function tables({plan, cases}: Pick<Report, 'plan' | 'cases'>, width: Width): Table[] {
  return plan.ops.flatMap((op) =>
    placesOf(cases).flatMap((place) => {
      const own = cases.filter((one) => one.op === op && placeName(one) === place);
      return own.length > 0 ? [table(`${op} on ${place}: ${REFERENCE[op].formula}`, own, width)] : [];
    }),
  );
}

function placesOf(cases: Case[]): string[] {
  return [...new Set(cases.map(placeName))];
}

interface Column {
  head: string;
  cell: (entry: Entry, elements: number) => string;
}

const TIME: Column = {head: 'ns', cell: ({fault, nsPerElement}) => (fault ? '' : figure(nsPerElement))};
const BAND: Column = {
  head: 'p20 - p80',
  cell: ({ms}, elements) =>
    ms?.p20 != null && ms.p80 != null
      ? `${figure((ms.p20 * 1e6) / elements)} - ${figure((ms.p80 * 1e6) / elements)}`
      : '',
};
const TRAFFIC: Column = {head: 'GB/s', cell: ({gbPerSecond}) => figure(gbPerSecond)};
const OF_COPY: Column = {head: '% of copy', cell: ({percentOfCopy}) => figure(percentOfCopy, 0)};
const ULP: Column = {head: 'ULP', cell: ({ulp}) => figure(ulp, 1)};
/** Draw calls on webgl, dispatches on webgpu. */
const LAUNCHES: Column = {head: 'launches', cell: ({launches}) => figure(launches, 0)};
/** By the GPU's own clock. */
const GPU: Column = {
  head: 'GPU ns',
  cell: ({gpuMs}, elements) => figure(gpuMs === null ? null : (gpuMs * 1e6) / elements),
};
const FIRST: Column = {head: 'first ms', cell: ({firstCallMs}) => figure(firstCallMs, 1)};
const RATIO: Column = {head: '/ ours', cell: (entry) => entry.fault?.mark.toUpperCase() ?? ratioText(entry)};

const OF_OURS = {narrow: [TIME, BAND, TRAFFIC, OF_COPY, ULP], wide: [TIME, BAND, TRAFFIC, OF_COPY, ULP, FIRST]};
const OF_OTHERS = {narrow: [RATIO, ULP], wide: [TIME, RATIO, ULP, FIRST]};

function table(title: string, cases: Case[], width: Width): Table {
  const all = cases.flatMap(({entries}) => entries);
  const names = [...new Set(all.map(({peer}) => peer))].filter((peer) => peer !== 'copy');
  const gpu = [
    ...(all.some(({launches}) => launches !== null) ? [LAUNCHES] : []),
    ...(all.some(({gpuMs}) => gpuMs !== null) ? [GPU] : []),
  ];
  const columns = names.flatMap((peer) =>
    [...(peer === 'ours' ? OF_OURS : OF_OTHERS)[width], ...gpu].map((column) => ({peer, ...column})),
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

/** What threads bring: time over that of one thread, and the share of the threads that this makes use of. */
export function threadsTable({cases}: Pick<Report, 'cases'>): Table | null {
  const rows = cases.flatMap((one) => {
    const single = cases.find(
      ({op, shape, backend, threads}) =>
        op === one.op && shapeName(shape) === shapeName(one.shape) && backend === one.backend && threads === 1,
    );
    if (!single || one.threads === null || one.threads === 1) return [];
    return ['ours', 'stock'].flatMap((peer) => {
      const [many, alone] = [one, single].map(({entries}) => entries.find((entry) => entry.peer === peer)?.ms?.median);
      if (!many || !alone) return [];
      const gain = alone / many;
      const efficiency = `${((100 * gain) / one.threads!).toFixed(0)} %`;
      return [[one.op, shapeName(one.shape), one.backend, peer, `${one.threads}`, gain.toFixed(2), efficiency]];
    });
  });
  if (rows.length === 0) return null;
  const head = ['op', 'shape', 'backend', 'of', 'threads', 'speed-up over one', 'efficiency'];
  return {title: 'Speed-up by threads', head, rows};
}
