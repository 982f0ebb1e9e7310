/** What a reader wants to know first: how long stock tfjs takes beside this package, here. */
import {placeName} from '../suite/case_name';
import type {Report} from '../suite/report';
import {NOISE_LIMIT} from '../suite/report';
import {geometricMean, spread} from '../suite/statistics';
import {type Standing, standings} from '../suite/summary';

export interface Answer {
  sentence: string;
  chart: ChartRow[];
}

/** A bar of the chart: how many times as long as ours someone takes. */
export interface ChartRow {
  /** Rows of one group stand together. */
  group: string;
  label: string;
  mean: number;
  least: number;
  largest: number;
  /** The halves of the run disagree about it. */
  isNoisy: boolean;
}

export function answerOf(report: Report): Answer {
  const all = standings(report);
  const peer = all.some((one) => one.peer === 'stock') ? 'stock' : all[0]?.peer;
  if (peer === undefined) {
    return {sentence: 'Nothing was timed beside this package, so there is nothing to compare.', chart: []};
  }
  const rows = all.filter((one) => one.peer === peer);
  return {sentence: sentenceOf(report, peer, rows), chart: rows.map(chartRow)};
}

/** The rows of a chart, by backend. */
export function chartRow(standing: Standing): ChartRow {
  const {op, mean, least, largest} = standing;
  const isNoisy = standing.spread !== null && standing.spread > NOISE_LIMIT;
  return {group: placeName(standing), label: op, mean, least, largest, isNoisy};
}

function sentenceOf({cases}: Report, peer: string, rows: Standing[]): string {
  const compared = cases.flatMap(({entries}) =>
    entries.flatMap(({peer: name, ratio, halves}) => (name === peer && ratio !== null ? [{ratio, halves}] : [])),
  );
  const places = [...new Set(rows.map(placeName))].map((place, i) => {
    const means = rows.filter((row) => placeName(row) === place).map(({mean}) => mean);
    return `${times(geometricMean(means))}${i === 0 ? ' as long as this package' : ''} on ${place}`;
  });
  const faster = compared.filter(({ratio}) => ratio < 1).length;
  const unsure = compared.filter(({halves}) => halves && spread(...halves) > NOISE_LIMIT).length;
  const name = peer === 'stock' ? 'Stock TensorFlow.js' : peer;
  const count = `${compared.length} ${compared.length === 1 ? 'case' : 'cases'}`;
  return (
    `${name} takes ${listed(places)} (geometric means over ${count}). ` +
    `It is faster in ${faster === 0 ? 'none' : `${faster}`} of them` +
    `${unsure > 0 ? `; in ${unsure} the two halves of the run disagree by more than ${100 * NOISE_LIMIT} %` : ''}.`
  );
}

function listed(parts: string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** Times as people say them. */
function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(ratio < 100 ? 1 : 0)} times`;
}
