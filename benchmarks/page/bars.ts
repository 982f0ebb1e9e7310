import type {Case, Entry} from '../suite/report';
import {ratioText} from '../suite/summary';
import {workloadName} from '../suite/workload';
import {element} from './dom';

/** A workload on all backends: one bar for each candidate, as long as its time relative to the fastest, on a log scale. */
export function bars(cases: Case[]): HTMLElement {
  const candidates = cases
    .flatMap(({backend, entries}) => entries.map((entry) => ({backend, entry})))
    .filter(({entry}) => entry.peer !== 'copy')
    .sort((a, b) => time(a.entry) - time(b.entry));
  const fastest = time(candidates[0]!.entry);
  const slowest = Math.max(...candidates.map(({entry}) => time(entry)).filter(Number.isFinite));
  return element(
    'div',
    'case',
    element('h3', '', workloadName(cases[0]!)),
    ...candidates.map(({backend, entry}) => {
      const slower = time(entry) / fastest;
      const fill = element('div', 'fill');
      // From 10 % for the fastest to 100 % for the slowest: a linear bar of one 300 times faster would not be seen.
      fill.style.width = `${10 + 90 * (Math.log(slower) / Math.log(Math.max(slowest / fastest, 2)))}%`;
      const kinds = ['bar', entry.peer, slower === 1 ? 'fastest' : ''].join(' ');
      const track = element('div', 'track', ...(entry.ms ? [fill] : []));
      return element(
        'div',
        kinds,
        element('span', 'name', `${entry.peer} · ${backend}`),
        track,
        figures(entry, slower),
      );
    }),
  );
}

function time({ms}: Entry): number {
  return ms?.median ?? Number.POSITIVE_INFINITY;
}

function figures(entry: Entry, slower: number): HTMLElement {
  const {fault, nsPerElement, gbPerSecond, percentOfCopy, ulp, draws, firstCallMs} = entry;
  if (fault) return element('span', 'fault', `${fault.mark}, not timed: ${fault.reason}`);
  if (nsPerElement === null) return element('span', 'figures', 'not timed yet');
  const parts = [
    slower === 1 ? 'fastest' : `${slower.toFixed(2)}x the time`,
    `${nsPerElement.toPrecision(3)} ns`,
    gbPerSecond === null ? '' : `${gbPerSecond.toPrecision(2)} GB/s`,
    percentOfCopy === null ? '' : `${percentOfCopy.toFixed(0)} % of copy`,
    ulp === null ? '' : `${ulp < 1000 ? ulp.toFixed(1) : ulp.toExponential(0)} ULP`,
    draws === null ? '' : `${draws} draws`,
    firstCallMs === null ? '' : `first ${firstCallMs.toFixed(0)} ms`,
    entry.peer === 'ours' ? '' : `${ratioText(entry)} of ours`,
  ];
  return element('span', 'figures', parts.filter(Boolean).join(' · '));
}
