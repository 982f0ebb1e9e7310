/** The plots of a report, for a page. */
import * as Plot from '@observablehq/plot';
import {placeName} from '../suite/case_name';
import type {Entry, Report} from '../suite/report';
import {shapeName} from '../suite/shapes';

type Chart = ReturnType<typeof Plot.plot>;

/** An entry with its case, as a row of data. */
interface Datum {
  candidate: string;
  peer: string;
  backend: string;
  shape: string;
  rows: number;
  n: number;
  ns: number;
  p20: number;
  p80: number;
  ulp: number;
}

/** Smaller errors stand at the foot of a log scale. */
const LEAST_ULP = 0.1;

/** @returns plots, to be drawn as wide as their place is */
export function charts(report: Report): {title: string; draw: (width: number) => Chart}[] {
  return report.plan.ops.flatMap((op) => {
    const data = dataOf(report, op);
    if (data.length === 0) return [];
    return [
      {
        title: `${op}: time against row length, with the 20th and 80th percentile`,
        draw: (width) => timeChart(data, width),
      },
      {title: `${op}: the fastest backend of ours, over rows and row length`, draw: (width) => heatMap(data, width)},
      {
        title: `${op}: accuracy against speed, towards the lower left is better`,
        draw: (width) => accuracyChart(data, width),
      },
    ];
  });
}

function dataOf({cases}: Report, op: string): Datum[] {
  return cases
    .filter((one) => one.op === op)
    .flatMap(({shape, backend, threads, entries}) =>
      entries.filter(isTimed).map(({peer, ms, ulp}) => {
        const perElement = (time: number) => (time * 1e6) / (shape[0] * shape[1]);
        return {
          candidate: `${peer}, ${placeName({backend, threads})}`,
          peer,
          backend: placeName({backend, threads}),
          shape: shapeName(shape),
          rows: shape[0],
          n: shape[1],
          ns: perElement(ms.median),
          p20: perElement(ms.p20 ?? ms.median),
          p80: perElement(ms.p80 ?? ms.median),
          ulp: Math.max(ulp, LEAST_ULP),
        };
      }),
    );
}

function isTimed(entry: Entry): entry is Entry & {ms: NonNullable<Entry['ms']>; ulp: number} {
  return entry.ms !== null && entry.ulp !== null;
}

const COMMON = {
  ...{marginLeft: 56, marginBottom: 44, marginRight: 24},
  style: {fontSize: '12px', background: 'transparent', color: 'var(--ink)'},
};
/** Each peer has a hue of its own, the same in all plots; seen on light and dark ground. */
const HUES: Record<string, string> = {
  ours: '#4a80dd',
  stock: '#d1622b',
  textbook: '#3c9a5f',
  'onnxruntime-web': '#9a70cc',
  'onnxruntime-node': '#c9558f',
  'jax-js': '#a88a1e',
  'transformers.js': '#2f97a6',
};
function peersOf(data: Datum[]) {
  const domain = Object.keys(HUES).filter((name) => data.some(({peer}) => peer === name));
  return {legend: true, domain, range: domain.map((name) => HUES[name]!)};
}

const NANOSECONDS = {type: 'log', label: 'ns per element', grid: true, tickFormat: 'd'} as const;

/** Lines are told apart by their backend's dashes, dots by its symbol. */
const DASHES: Record<string, string> = {wasm: 'none', cpu: '6 4', webgl: '2 3', webgpu: '8 2', tensorflow: '10 3 2 3'};

function timeChart(data: Datum[], width: number): Chart {
  const line = (backend: string) => ({
    ...{x: 'n', y: 'ns', stroke: 'peer', z: 'candidate', strokeWidth: 2},
    strokeDasharray: DASHES[backend] ?? '1 3',
  });
  const backends = [...new Set(data.map(({backend}) => backend))];
  return Plot.plot({
    ...COMMON,
    width,
    height: 420,
    x: {type: 'log', label: 'row length', tickFormat: '~s'},
    y: NANOSECONDS,
    color: peersOf(data),
    symbol: {legend: true},
    marks: [
      Plot.areaY(longest(data), {x: 'n', y1: 'p20', y2: 'p80', fill: 'peer', z: 'candidate', fillOpacity: 0.15}),
      ...backends.map((name) =>
        Plot.lineY(
          longest(data).filter(({backend}) => backend === name),
          line(name),
        ),
      ),
      Plot.ruleX(data, {x: 'n', y1: 'p20', y2: 'p80', stroke: 'peer'}),
      Plot.dot(data, {
        ...{x: 'n', y: 'ns', fill: 'peer', symbol: 'backend', r: 4, tip: true},
        channels: {shape: 'shape', p20: 'p20', p80: 'p80', backend: 'backend'},
      }),
    ],
  });
}

/** Of several shapes with one row length, the line goes through the one with the most rows. */
function longest(data: Datum[]): Datum[] {
  const chosen = new Map<string, Datum>();
  for (const datum of data) {
    const key = `${datum.candidate} ${datum.n}`;
    if ((chosen.get(key)?.rows ?? 0) < datum.rows) chosen.set(key, datum);
  }
  return [...chosen.values()].sort((a, b) => a.n - b.n);
}

function heatMap(data: Datum[], width: number): Chart {
  const fastest = new Map<string, Datum>();
  for (const datum of data.filter(({peer}) => peer === 'ours')) {
    if (datum.ns < (fastest.get(datum.shape)?.ns ?? Number.POSITIVE_INFINITY)) fastest.set(datum.shape, datum);
  }
  const cells = [...fastest.values()];
  const label = ({backend, ns}: Datum) => `${backend}\n${ns.toPrecision(3)} ns`;
  return Plot.plot({
    ...COMMON,
    width,
    height: 90 + 46 * new Set(cells.map(({rows}) => rows)).size,
    x: {type: 'band', label: 'row length'},
    y: {type: 'band', label: 'rows', reverse: true},
    color: {type: 'categorical', scheme: 'Pastel1', legend: true},
    marks: [
      Plot.cell(cells, {x: 'n', y: 'rows', fill: 'backend', inset: 1}),
      Plot.text(cells, {x: 'n', y: 'rows', text: label, fill: '#1d2530'}),
    ],
  });
}

function accuracyChart(data: Datum[], width: number): Chart {
  return Plot.plot({
    ...COMMON,
    width,
    height: 360,
    x: NANOSECONDS,
    y: {type: 'log', label: 'worst error in ULP', grid: true, tickFormat: '~g'},
    color: peersOf(data),
    symbol: {legend: true},
    marks: [
      Plot.dot(data, {
        ...{x: 'ns', y: 'ulp', stroke: 'peer', fill: 'peer', fillOpacity: 0.3, symbol: 'backend', r: 5},
        channels: {shape: 'shape'},
        tip: true,
      }),
    ],
  });
}
