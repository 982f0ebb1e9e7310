import {placeName} from '../suite/case_name';
import type {Case, Entry} from '../suite/report';
import {ratioText} from '../suite/summary';
import {workloadName} from '../suite/workload';
import {element} from './dom';

/** A workload on all backends: one bar for each candidate, as long as its time, from 0 to that of the slowest. */
export function bars(cases: Case[]): HTMLElement {
  const candidates = cases
    .flatMap((one) => one.entries.map((entry) => ({place: placeName(one), entry})))
    .filter(({entry}) => entry.peer !== 'copy')
    .sort((a, b) => time(a.entry) - time(b.entry));
  const fastest = time(candidates[0]!.entry);
  const slowest = Math.max(...candidates.map(({entry}) => time(entry)).filter(Number.isFinite));
  return element(
    'div',
    'case',
    element('h2', '', workloadName(cases[0]!)),
    ...candidates.map(({place, entry}) => {
      const fill = element('div', 'fill');
      fill.style.width = `${(100 * time(entry)) / slowest}%`;
      const kinds = ['bar', entry.peer, time(entry) === fastest && entry.ms ? 'fastest' : ''].join(' ');
      return element(
        'div',
        kinds,
        element('span', 'name', `${entry.peer} · ${place}`),
        element('div', 'track', ...(entry.ms ? [fill] : [])),
        figures(entry, time(entry) / fastest),
      );
    }),
  );
}

function time({ms}: Entry): number {
  return ms?.median ?? Number.POSITIVE_INFINITY;
}

function figures(entry: Entry, slower: number): HTMLElement {
  const {fault, ms, nsPerElement, gbPerSecond, percentOfCopy, ulp, launches, gpuMs, firstCallMs} = entry;
  if (fault) return element('span', 'fault', `${fault.mark}, not timed: ${fault.reason}`);
  if (ms === null || nsPerElement === null) return element('span', 'figures', 'not timed yet');
  const parts = [
    slower === 1 ? 'fastest' : `${slower < 10 ? slower.toFixed(2) : slower.toFixed(0)} times the fastest`,
    `${nsPerElement.toPrecision(3)} ns per element`,
    gbPerSecond === null ? '' : `${gbPerSecond.toPrecision(2)} GB/s`,
    percentOfCopy === null ? '' : `${percentOfCopy.toFixed(0)} % of copy`,
    ulp === null ? '' : `${ulp < 1000 ? ulp.toFixed(1) : ulp.toExponential(0)} ULP`,
    launches === null ? '' : `${launches} ${launches === 1 ? 'launch' : 'launches'}`,
    gpuMs === null ? '' : `GPU ${duration(gpuMs)}`,
    firstCallMs === null ? '' : `first ${firstCallMs.toFixed(0)} ms`,
    entry.peer === 'ours' ? '' : `${ratioText(entry)} of ours`,
  ];
  return element('span', 'figures', element('b', '', duration(ms.median)), ` · ${parts.filter(Boolean).join(' · ')}`);
}

function duration(ms: number): string {
  return ms < 1 ? `${(1000 * ms).toPrecision(3)} µs` : `${ms.toPrecision(3)} ms`;
}
