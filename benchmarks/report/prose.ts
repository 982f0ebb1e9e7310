import {caseName, placeName} from '../suite/case_name';
import type {Missing} from '../suite/peer';
import type {Case, PeerIdentity, Report} from '../suite/report';
import {noiseStatement, type Standing, standings} from '../suite/summary';
import type {Table} from './tables';

/** What belongs to every output: machine, versions, flags and date. */
export function circumstances({machine, plan, backends, peers}: Report): [string, string][] {
  return [
    ['date', machine.date],
    ['processor', `${machine.processor}, ${machine.cores} cores`],
    ['runtime', machine.runtime],
    ['system', machine.system],
    ...(machine.gpu ? ([['GPU', machine.gpu]] as [string, string][]) : []),
    ['versions', list(Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`))],
    ['flags', list(machine.flags)],
    ['logits', `${plan.distribution}, from ${plan.inputs === 'op' ? 'another op' : 'JavaScript arrays'}`],
    ...(plan.seconds > 0
      ? ([['timed for', `${Number(plan.seconds.toPrecision(3))} s in all`]] as [string, string][])
      : []),
    ...backends.map(({name, runs}): [string, string] => [`ours on ${name}`, runs]),
    ...peers.map((peer): [string, string] => [peer.name, proofText(peer)]),
  ];
}

/** What proves that a peer is what ran under its name. */
function proofText(peer: PeerIdentity): string {
  return `${peer.package} ${peer.version}, ran on ${peer.provider} in ${peer.ran}, rounding ${peer.rounding}`;
}

/** Everything that a reader must not overlook: one notice for each cause. */
export function notices(report: Report): string[] {
  const {complete, machine, missing, cases} = report;
  return [
    ...(complete ? [] : ['This is a partial report: the run was stopped early.']),
    ...(machine.softwareGpu
      ? [
          `The GPU is simulated in software (${machine.gpu}): times of webgl and webgpu say nothing about a real GPU. Draws, dispatches ` +
            'and ULP do.',
        ]
      : []),
    noiseStatement(report),
    ...faultNotices(cases),
    ...missingNotices(missing),
  ];
}

/** Faults of one kind for one reason, whoever and wherever: numbers in the reasons tell one case from another. */
function faultNotices(cases: Case[]): string[] {
  const found = cases.flatMap((one) =>
    one.entries.flatMap(({peer, fault}) =>
      fault ? [{peer, place: placeName(one), name: caseName(one), ...one, fault}] : [],
    ),
  );
  const causes = grouped(
    found,
    ({fault}) => `${fault.mark} ${fault.reason.replaceAll(/[-+]?[\d.]+(e[-+]?\d+)?/g, '#')}`,
  );
  return causes.map((same) => {
    const [{fault, name}] = same as [(typeof same)[number]];
    const peers = unique(same.map(({peer}) => peer));
    if (same.length === 1) return `${peers[0]}, ${name}: ${fault.mark}, not timed. ${fault.reason}`;
    const where = `${list(unique(same.map(({op}) => op)))} on ${list(unique(same.map(({place}) => place)))}`;
    return `${list(peers)}: ${fault.mark} in ${same.length} cases (${where}), not timed. For example ${name}: ${fault.reason}`;
  });
}

const NOT_INSTALLED = /^it is not installed: npm install (\S+?)(, or .*)?$/;

/** What is merely not installed is one cause, with one remedy. */
function missingNotices(missing: Missing[]): string[] {
  const absent = missing.flatMap(({name, reason}) => {
    const [, own, setup] = NOT_INSTALLED.exec(reason) ?? [];
    return own === undefined ? [] : [{name, own, setup: setup ?? ''}];
  });
  const others = missing.filter(({reason}) => !NOT_INSTALLED.test(reason));
  const together = grouped(absent, ({setup}) => setup).map((same) => {
    const verb = same.length === 1 ? 'It is' : 'They are';
    const remedy = `npm install ${same.map(({own}) => own).join(' ')}${same[0]!.setup}`;
    return `Missing: ${list(same.map(({name}) => name))}. ${verb} not installed: ${remedy}`;
  });
  return [...together, ...others.map(({name, reason}) => `Missing: ${name}. ${reason}`)];
}

function grouped<T>(items: T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

function unique(names: string[]): string[] {
  return [...new Set(names)];
}

/** Geometric means over the shapes. */
export function standingsTable(report: Report): Table {
  return {
    title: 'Time divided by ours, over all shapes: above 1, ours is faster',
    head: ['op', 'backend', 'other', 'geometric mean', 'least', 'largest', 'halves differ by'],
    rows: standings(report).map((standing: Standing) => {
      const {op, peer, mean, least, largest, spread} = standing;
      return [
        ...[op, placeName(standing), peer],
        ...[mean, least, largest].map((ratio) => ratio.toFixed(2)),
        spread === null ? '' : `${(100 * spread).toFixed(0)} %`,
      ];
    }),
  };
}

function list(parts: string[]): string {
  return parts.length > 0 ? parts.join(', ') : 'none';
}
