/** The plots of a report, as SVG: times against row lengths, and errors against times, both on log scales. */
import {REFERENCE} from '../../kernels/reference_table';
import {placeName} from '../suite/case_name';
import type {Entry, Report} from '../suite/report';
import {shapeName} from '../suite/shapes';

export interface Chart {
  title: string;
  /** HTML of the plot and its legend, so many pixels wide. */
  draw: (width: number) => string;
}

/** An entry with its case, as a point of data. */
interface Point {
  peer: string;
  place: string;
  shape: string;
  rows: number;
  n: number;
  /** Nanoseconds an element. */
  ns: number;
  p20: number;
  p80: number;
  ulp: number;
}

/** Smaller errors stand at the foot of a log scale. */
const LEAST_ULP = 0.1;

export function charts(report: Report): Chart[] {
  return report.plan.ops.flatMap((op) => {
    const points = pointsOf(report, op);
    if (points.length === 0) return [];
    return [
      {
        title: `${op}, ${REFERENCE[op].formula}: time against row length, with the 20th and 80th percentile`,
        draw: (width) => timeChart(points, width),
      },
      {
        title: `${op}: accuracy against speed, towards the lower left is better`,
        draw: (width) => errorChart(points, width),
      },
    ];
  });
}

function pointsOf({cases}: Report, op: string): Point[] {
  return cases
    .filter((one) => one.op === op)
    .flatMap((one) =>
      one.entries.filter(isTimed).map(({peer, ms, ulp}) => {
        const perElement = (time: number) => (time * 1e6) / (one.shape[0] * one.shape[1]);
        const [rows, n] = one.shape;
        return {
          ...{peer, place: placeName(one), shape: shapeName(one.shape), rows, n},
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
/** Places are told apart by the dashes of their lines, and by the form of their dots. */
const DASHES = ['none', '6 4', '2 3', '10 3 2 3', '1 4', '12 4'];
const FORMS: ((r: number) => string)[] = [
  (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  (r) => `M${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (r) => `M0 ${-r - 1}l${r + 1} ${2 * r}h${-2 * r - 2}z`,
  (r) => `M0 ${-r - 1}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z`,
  (r) => `M0 ${r + 1}l${r + 1} ${-2 * r}h${-2 * r - 2}z`,
  (r) => `M${-r - 1} ${-1}h${2 * r + 2}v2h${-2 * r - 2}z`,
];

function timeChart(points: Point[], width: number): string {
  const frame = frameOf(width, 380);
  const x = scale(
    points.map(({n}) => n),
    frame.left,
    frame.right,
  );
  const y = scale(
    points.flatMap(({p20, p80}) => [p20, p80]),
    frame.bottom,
    frame.top,
  );
  const places = placesOf(points);
  const lines = candidatesOf(points).map((own) => {
    const along = longest(own);
    const colour = HUES[own[0]!.peer] ?? 'var(--faint)';
    const there = along.map(({n, p20}) => `${x.at(n)} ${y.at(p20)}`);
    const back = [...along].reverse().map(({n, p80}) => `${x.at(n)} ${y.at(p80)}`);
    const path = along.map(({n, ns}) => `${x.at(n)} ${y.at(ns)}`).join('L');
    return (
      `<path d="M${[...there, ...back].join('L')}z" fill="${colour}" opacity="0.13"/>` +
      `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="1.8" ` +
      `stroke-dasharray="${DASHES[places.indexOf(own[0]!.place) % DASHES.length]}"/>`
    );
  });
  const dots = points.map((point) => dot(point, x.at(point.n), y.at(point.ns), places));
  return legend(points, true) + svg(frame, x, y, 'row length', 'ns per element', [...lines, ...dots]);
}

function errorChart(points: Point[], width: number): string {
  const frame = frameOf(width, 320);
  const x = scale(
    points.map(({ns}) => ns),
    frame.left,
    frame.right,
  );
  const y = scale(
    points.map(({ulp}) => ulp),
    frame.bottom,
    frame.top,
  );
  const places = placesOf(points);
  const dots = points.map((point) => dot(point, x.at(point.ns), y.at(point.ulp), places));
  return legend(points, false) + svg(frame, x, y, 'ns per element', 'worst error in ULP', dots);
}

/** Of several shapes with one row length, the line goes through the one with the most rows. */
function longest(points: Point[]): Point[] {
  const chosen = new Map<number, Point>();
  for (const point of points) if ((chosen.get(point.n)?.rows ?? 0) < point.rows) chosen.set(point.n, point);
  return [...chosen.values()].sort((a, b) => a.n - b.n);
}

function candidatesOf(points: Point[]): Point[][] {
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const key = `${point.peer}, ${point.place}`;
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  return [...groups.values()];
}

function placesOf(points: Point[]): string[] {
  return [...new Set(points.map(({place}) => place))];
}

function dot({peer, place, shape, ns, ulp}: Point, x: number, y: number, places: string[]): string {
  const form = FORMS[places.indexOf(place) % FORMS.length]!(3.5);
  const told = `${peer} on ${place}, ${shape}: ${ns.toPrecision(3)} ns per element, ${ulp.toPrecision(2)} ULP`;
  return (
    `<path d="${form}" transform="translate(${x} ${y})" fill="${HUES[peer] ?? 'var(--faint)'}">` +
    `<title>${escaped(told)}</title></path>`
  );
}

interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

function frameOf(width: number, height: number): Frame {
  return {width, height, left: 52, right: width - 14, top: 22, bottom: height - 40};
}

interface Scale {
  at(value: number): number;
  ticks: number[];
}

/** Least distance of two ticks with a label, in pixels. */
const TICK_PX = 34;

/** From the least to the largest value, on a log scale. */
function scale(values: number[], from: number, to: number): Scale {
  const [low, high] = [Math.min(...values) / 1.1, Math.max(...values) * 1.1];
  const perDecade = (to - from) / Math.log10(high / low);
  const at = (value: number) => Math.round(10 * (from + perDecade * Math.log10(value / low))) / 10;
  const steps = [[1, 2, 5], [1, 3], [1]].find((some) => Math.abs(perDecade) / some.length >= TICK_PX) ?? [1];
  const every = Math.max(1, Math.ceil(TICK_PX / Math.abs(perDecade)));
  const decades = Array.from({length: 24}, (_, i) => i - 8).filter((decade) => decade % every === 0);
  const ticks = decades.flatMap((decade) => steps.map((step) => Number(`${step}e${decade}`)));
  return {at, ticks: ticks.filter((tick) => tick >= low && tick <= high)};
}

function svg(frame: Frame, x: Scale, y: Scale, xLabel: string, yLabel: string, content: string[]): string {
  const {width, height, left, right, top, bottom} = frame;
  const rules = [
    ...x.ticks.map((tick) => `M${x.at(tick)} ${top}V${bottom}`),
    ...y.ticks.map((tick) => `M${left} ${y.at(tick)}H${right}`),
  ];
  const labels = [
    ...x.ticks.map((tick) => label(x.at(tick), bottom + 16, short(tick), 'middle')),
    ...y.ticks.map((tick) => label(left - 6, y.at(tick) + 4, short(tick), 'end')),
    label(right, bottom + 33, xLabel, 'end'),
    label(2, 13, yLabel, 'start'),
  ];
  return (
    `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-size="12" fill="var(--ink)">` +
    `<path d="${rules.join('')}" stroke="var(--line)" fill="none"/>${labels.join('')}${content.join('')}</svg>`
  );
}

function label(x: number, y: number, text: string, anchor: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e3 ? `${value / 1e3}k` : `${value}`;
}

function legend(points: Point[], lines: boolean): string {
  const peers = Object.keys(HUES).filter((name) => points.some(({peer}) => peer === name));
  const swatch = (drawn: string) => `<svg width="26" height="14" aria-hidden="true">${drawn}</svg>`;
  const entries = [
    ...peers.map((name) => `${swatch(`<rect y="2" width="22" height="10" fill="${HUES[name]}"/>`)}${escaped(name)}`),
    ...placesOf(points).map((place, i) => {
      const dash = DASHES[i % DASHES.length];
      const line = `<path d="M0 7H24" stroke="var(--ink)" stroke-width="1.8" stroke-dasharray="${dash}"/>`;
      const form = `<path d="${FORMS[i % FORMS.length]!(3.5)}" transform="translate(12 7)" fill="var(--ink)"/>`;
      return `${swatch(`${lines ? line : ''}${form}`)}${escaped(place)}`;
    }),
  ];
  return `<p class="legend">${entries.map((entry) => `<span>${entry}</span>`).join(' ')}</p>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
