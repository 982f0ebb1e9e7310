import type {Report} from '../suite/report';
import {answerOf} from './answer';
import {costTable} from './cost_table';
import {circumstances, notices, standingsTable} from './prose';
import {type Table, tables, threadsTable} from './tables';

export function markdown(report: Report): string {
  const threads = threadsTable(report);
  return [
    '# tfjs-softmax: benchmark',
    answerOf(report).sentence,
    notices(report)
      .map((notice) => `- ${notice}`)
      .join('\n'),
    circumstances(report)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join('\n'),
    ...[standingsTable(report), ...(threads ? [threads] : []), ...tables(report, 'wide'), costTable()].map(
      (table) => `## ${table.title}\n\n${markdownTable(table)}`,
    ),
    '',
  ].join('\n\n');
}

export function markdownTable({head, rows}: Pick<Table, 'head' | 'rows'>): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
