import {Presets, SingleBar} from 'cli-progress';
import CliTable from 'cli-table3';
import colors from 'picocolors';
import {answerOf, type ChartRow} from '../report/answer';
import {digits} from '../report/answer_chart';
import {circumstances, notices, standingsTable} from '../report/prose';
import {type Table, tables} from '../report/tables';
import {caseName} from '../suite/case_name';
import type {Case, Report} from '../suite/report';
import type {Progress} from '../suite/run_suite';
import {ratioText} from '../suite/summary';

interface ProgressOutput {
  show(progress: Progress): void;
  stop(): void;
}

/** On a terminal a bar; elsewhere, such as in a file or a log of CI, a line for each half of a case. */
export function progressOutput(stream: NodeJS.WriteStream): ProgressOutput {
  return stream.isTTY ? progressBar() : progressLines((line) => stream.write(`${line}\n`));
}

function progressBar(): ProgressOutput {
  const bar = new SingleBar(
    {format: '{bar} {percentage} %, {left} left  {label}', clearOnComplete: true},
    Presets.shades_classic,
  );
  const left = timeLeft();
  let started = false;
  return {
    show(progress) {
      const {done, total, label} = progress;
      const shown = {label, left: left(progress)};
      if (!started) bar.start(total, done, shown);
      started = true;
      bar.update(done, shown);
    },
    stop: () => bar.stop(),
  };
}

/** @param now in milliseconds */
export function progressLines(write: (line: string) => void, now = () => performance.now()): ProgressOutput {
  const left = timeLeft(now);
  let shown = 0;
  return {
    show(progress) {
      const {done, total, last} = progress;
      const remaining = left(progress);
      if (done === 0)
        write(
          `${total / 2} cases, each measured in two halves. After each time: how many times as long the others take`,
        );
      if (done > shown && last) write(`${done} of ${total}, ${remaining} left: ${caseLine(last)}`);
      shown = done;
    },
    stop: () => {},
  };
}

/** From how long it took so far, as minutes and seconds. */
function timeLeft(now = () => performance.now()): (progress: Progress) => string {
  let began: number | null = null;
  return ({done, total}) => {
    began ??= now();
    if (done === 0) return '?';
    const seconds = Math.ceil((((now() - began) / done) * (total - done)) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  };
}

function caseLine(one: Case): string {
  const parts = one.entries
    .filter(({peer}) => peer !== 'copy')
    .map((entry) => {
      if (entry.fault) return `${entry.peer} ${entry.fault.mark}`;
      if (entry.peer === 'ours') return `ours ${entry.nsPerElement?.toPrecision(3) ?? '?'} ns per element`;
      return `${entry.peer} ${ratioText(entry)}`;
    });
  return `${caseName(one)}: ${parts.join(', ')}`;
}

/** The answer comes last: a terminal is read from its end. */
export function printReport(report: Report): void {
  for (const table of [...tables(report, 'narrow'), standingsTable(report)]) {
    console.log(`\n${colors.bold(table.title)}\n${terminalTable(table)}`);
  }
  console.log();
  for (const [name, value] of circumstances(report)) console.log(`${colors.dim(name)} ${value}`);
  for (const notice of notices(report)) console.log(colors.yellow(notice));
  const {sentence, chart} = answerOf(report);
  console.log(`\n${barLines(chart).join('\n')}\n\n${colors.bold(sentence)}`);
}

/** Columns of a terminal that a bar of `MOST` takes. */
const BAR = 36;
const MOST = 12;

/** Linear bars of how many times as long as ours stock takes, cut at some. */
export function barLines(rows: ChartRow[]): string[] {
  if (rows.length === 0) return [];
  const labels = rows.map(({group, label}) => `${label} on ${group}`);
  const width = Math.max(...labels.map((label) => label.length));
  const end = Math.min(MOST, Math.max(1, ...rows.map(({mean}) => mean)));
  const lines = rows.map(({mean, least, isNoisy}, i) => {
    const length = Math.round((Math.min(mean, end) / end) * BAR);
    const bar = `${'█'.repeat(Math.max(length - 1, 0))}${mean > end ? '»' : '█'}`;
    return `${labels[i]!.padEnd(width)} ${bar.padEnd(BAR)} ${isNoisy ? '~' : ''}${digits(mean)} (${digits(least)})`;
  });
  const cut = rows.some(({mean}) => mean > end) ? `; bars longer than ${end} are cut` : '';
  return [...lines, colors.dim(`Time divided by ours: mean over all shapes (least)${cut}. Above 1, ours is faster.`)];
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
