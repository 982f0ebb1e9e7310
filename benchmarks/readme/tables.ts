import {markdownTable} from '../report/markdown';
import {NOISE_LIMIT, type Report} from '../suite/report';
import {shapeName} from '../suite/shapes';
import {noise, standings} from '../suite/summary';

/**
 * The README's tables by the name of their place. Where a report has both runtimes of ONNX, onnxruntime-node is left out: in
 * one process it runs onnxruntime-web.
 */
export function readmeTables(all: Report): Record<string, string> {
  const isShown = ({peer}: {peer: string}) => peer !== 'onnxruntime-node';
  const report = {...all, cases: all.cases.map((one) => ({...one, entries: one.entries.filter(isShown)}))};
  return {speed: speed(report), accuracy: accuracy(report)};
}

/** Geometric means of time over that of ours, and the least of them. */
function speed(report: Report): string {
  const all = standings(report);
  const peers = [...new Set(all.map(({peer}) => peer))];
  const lines = linesOf(report).map(({op, backend}) => [
    ...[op, backend],
    ...peers.map((peer) => {
      const found = all.find((one) => one.op === op && one.backend === backend && one.peer === peer);
      if (!found) return '';
      const isNoisy = found.spread !== null && found.spread > NOISE_LIMIT;
      return `${isNoisy ? '~' : ''}${figure(found.mean)} (${figure(found.least)})`;
    }),
  ]);
  const {machine, plan} = report;
  const caption =
    `Time over that of this package: geometric mean over ${plan.shapes.map(shapeName).join(', ')}, and the least. ` +
    `${machine.processor}, ${machine.cores} cores, ${machine.runtime}, ${machine.date.slice(0, 10)}, logits ${plan.distribution}, ` +
    `${Object.entries(machine.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}. ${noiseOf(report)}`;
  return `${caption}\n\n${markdownTable({head: ['op', 'backend', ...peers], rows: lines})}`;
}

function noiseOf(report: Report): string {
  const {ratios, noisy, median} = noise(report);
  return (
    `The two halves of the run differ by ${(100 * median).toFixed(0)} % in the median ratio, and by more than ` +
    `${100 * NOISE_LIMIT} % in ${noisy} of ${ratios}; means that differ so much are marked ~.`
  );
}

/** The worst error over all shapes. */
function accuracy(report: Report): string {
  const peers = peersOf(report);
  const lines = linesOf(report).map(({op, backend}) => [
    ...[op, backend],
    ...peers.map((peer) => {
      const errors = report.cases
        .filter((one) => one.op === op && one.backend === backend)
        .flatMap(({entries}) => entries.filter((entry) => entry.peer === peer).map(({ulp}) => ulp))
        .filter((ulp) => ulp !== null);
      return errors.length > 0 ? figure(Math.max(...errors)) : '';
    }),
  ]);
  const caption = "Worst error of the same run in ULP; that of gradients in ULP of their row's scale.";
  return `${caption}\n\n${markdownTable({head: ['op', 'backend', ...peers], rows: lines})}`;
}

function linesOf({plan}: Report): {op: string; backend: string}[] {
  return plan.ops.flatMap((op) => plan.backends.map((backend) => ({op, backend})));
}

function peersOf({cases}: Report): string[] {
  const names = cases.flatMap(({entries}) => entries.map(({peer}) => peer));
  return [...new Set(names)].filter((name) => name !== 'copy');
}

function figure(value: number): string {
  return value >= 1e5 ? value.toExponential(1) : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
