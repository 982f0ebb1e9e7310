import type {Report} from '../suite/report';
import {shapeName} from '../suite/shapes';
import {noiseStatement, type Standing, standings} from '../suite/summary';
import type {Table} from './tables';

/** What belongs to every output: machine, versions, flags and date. */
export function circumstances({machine, plan, backends}: Report): [string, string][] {
  return [
    ['date', machine.date],
    ['processor', `${machine.processor}, ${machine.cores} cores`],
    ['runtime', machine.runtime],
    ['system', machine.system],
    ...(machine.gpu ? ([['GPU', machine.gpu]] as [string, string][]) : []),
    ['versions', list(Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`))],
    ['flags', list(machine.flags)],
    ['logits', `${plan.distribution}, from ${plan.inputs === 'op' ? 'another op' : 'arrays of JavaScript'}`],
    ['timed for', `${plan.seconds} s in all`],
    ...backends.map(({name, runs}): [string, string] => [`ours on ${name}`, runs]),
  ];
}

/** Everything that a reader must not overlook. */
export function notices(report: Report): string[] {
  const {complete, machine, missing, cases} = report;
  const faults = cases.flatMap(({op, shape, backend, entries}) =>
    entries.flatMap(({peer, fault}) =>
      fault ? [`${peer}, ${op} ${shapeName(shape)} on ${backend}: ${fault.mark}, not timed. ${fault.reason}`] : [],
    ),
  );
  return [
    ...(complete ? [] : ['This is a partial report: the run was stopped before its end.']),
    ...(machine.softwareGpu
      ? [`The GPU is a software one (${machine.gpu}): webgl times say nothing about a real GPU; draws and ULP do.`]
      : []),
    noiseStatement(report),
    ...missing.map(({name, reason}) => `Missing: ${name}. ${reason}`),
    ...faults,
  ];
}

/** Geometric means over the shapes. */
export function standingsTable(report: Report): Table {
  return {
    title: 'Time over that of ours, over all shapes: above 1, ours is faster',
    head: ['op', 'backend', 'beside', 'geometric mean', 'least', 'largest', 'halves differ by'],
    rows: standings(report).map(({op, backend, peer, mean, least, largest, spread}: Standing) => [
      ...[op, backend, peer],
      ...[mean, least, largest].map((ratio) => ratio.toFixed(2)),
      spread === null ? '' : `${(100 * spread).toFixed(0)} %`,
    ]),
  };
}

function list(parts: string[]): string {
  return parts.length > 0 ? parts.join(', ') : 'none';
}
