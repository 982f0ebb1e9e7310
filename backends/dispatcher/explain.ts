import type {Item} from './items';
import type {RankedBackend, Ranking} from './ranking';

/** A ranking as a table that a person can read: one block for each candidate, a line for each of its figures. */
export function tableOf({best, why, weighed, candidates, notes}: Ranking, items: readonly Item[]): string {
  const title = best === null ? `No backend: ${why}.` : `${best}: ${why}, for ${weighed}.`;
  const rows = candidates.flatMap((candidate) => rowsOf(candidate, candidates, items));
  const lines = [
    title,
    ...aligned([['', 'backend', 'time', 'of best', 'made of'], ...rows]),
    ...notes.map((note) => `Note: ${note}.`),
  ];
  return lines.join('\n');
}

function rowsOf(
  {backend, out, late, ms, parts}: RankedBackend,
  candidates: RankedBackend[],
  items: readonly Item[],
): string[][] {
  const [best] = candidates;
  if (out !== null) return [['', backend, 'out', '', out]];
  const total = parts.reduce((sum, {moveMs, weight}) => sum + weight * moveMs, 0);
  const figures = parts.map((part, i) => {
    const {timing, firstMs, opMs} = part;
    const spread = timing ? ` (${duration(timing.p20)} to ${duration(timing.p80)})` : '';
    const first = firstMs === null ? '' : `, first call ${duration(firstMs)}`;
    return `${items[i]!.label} ${duration(opMs)}${spread}, ${part.source}: ${part.from}${first}`;
  });
  if (total > 0) figures.push(`moving the data ${duration(total)}, estimated`);
  if (late !== null) figures.push(`not measured yet: ${late}`);
  const relative = best?.ms && ms !== null ? `${(ms / best.ms).toFixed(2)} x` : '';
  const mark = best?.backend === backend ? '*' : '';
  return figures.map((figure, i) =>
    i === 0 ? [mark, backend, duration(ms), relative, figure] : ['', '', '', '', figure],
  );
}

/** Milliseconds, in the unit that suits. */
function duration(ms: number | null): string {
  if (ms === null) return 'unknown';
  if (ms < 0.1) return `${(ms * 1000).toPrecision(3)} µs`;
  return ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toPrecision(3)} s`;
}

/** Columns of one width each; the last runs on. */
function aligned(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}
