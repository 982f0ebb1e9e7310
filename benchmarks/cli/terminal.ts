import {Presets, SingleBar} from 'cli-progress';
import CliTable from 'cli-table3';
import colors from 'picocolors';
import {circumstances, notices, standingsTable} from '../report/prose';
import {type Table, tables} from '../report/tables';
import type {Report} from '../suite/report';
import type {Progress} from '../suite/run_suite';

/** A bar on a terminal; nothing elsewhere. */
export function progressBar(): {show(progress: Progress): void; stop(): void} {
  const bar = new SingleBar({format: '{bar} {percentage} %  {label}', clearOnComplete: true}, Presets.shades_classic);
  let started = false;
  return {
    show({done, total, label}) {
      if (!started) bar.start(total, done, {label});
      started = true;
      bar.update(done, {label});
    },
    stop: () => bar.stop(),
  };
}

export function printReport(report: Report): void {
  for (const table of [...tables(report, 'narrow'), standingsTable(report)]) {
    console.log(`\n${colors.bold(table.title)}\n${terminalTable(table)}`);
  }
  console.log();
  for (const [name, value] of circumstances(report)) console.log(`${colors.dim(name)} ${value}`);
  for (const notice of notices(report)) console.log(colors.yellow(notice));
}

function terminalTable({head, rows}: Table): string {
  const table = new CliTable({
    head,
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: {head: [], border: [], compact: true},
  });
  table.push(...rows);
  return table.toString();
}
