/**
 * The chart that heads a report, a page and the README: linear bars from 0, as SVG text, so that it takes no DOM to make it and
 * no program to show it.
 */
import type {ChartRow} from './answer';

export interface Colours {
  ink: string;
  faint: string;
  bar: string;
  slower: string;
  ground: string;
}

/** Text on these grounds has a contrast of 4.5 and more. */
export const LIGHT: Colours = {ink: '#1d2530', faint: '#59636e', bar: '#2f6bcb', slower: '#b3450b', ground: '#ffffff'};
export const DARK: Colours = {ink: '#e6edf3', faint: '#9aa5b1', bar: '#5b8def', slower: '#ef8e4f', ground: '#0d1117'};
/** Whatever the page that it stands in says. */
export const OF_PAGE: Colours = {
  ink: 'var(--ink)',
  faint: 'var(--faint)',
  bar: 'var(--bar)',
  slower: 'var(--slower)',
  ground: 'var(--ground)',
};

/** As wide as a phone, so that its text is as large there as it says. */
const WIDTH = 340;
const [LEFT, RIGHT, ROW, HEAD, FOOT] = [108, 92, 20, 24, 56];
/** Bars longer than that are cut: others would not be seen beside them. */
const MOST = 12;

/** @param title for those who cannot see it */
export function answerChart(rows: ChartRow[], title: string, colours: Colours): string {
  const {ink, faint, bar, slower, ground} = colours;
  const groups = [...new Set(rows.map(({group}) => group))];
  const largest = Math.max(1, ...rows.map(({mean}) => mean));
  const end = Math.min(MOST, Math.ceil(largest));
  const scale = (WIDTH - LEFT - RIGHT) / end;
  const x = (ratio: number) => round(LEFT + Math.min(ratio, end) * scale);
  const one = x(1);
  const parts: string[] = [];
  let y = 4;
  for (const group of groups) {
    parts.push(text(0, y + 17, group, ink, 'font-weight="600"'));
    y += HEAD;
    const own = rows.filter((row) => row.group === group);
    parts.push(`<path d="M${one} ${y}v${own.length * ROW}" stroke="${faint}" stroke-dasharray="3 3"/>`);
    for (const row of own) {
      const middle = y + ROW / 2;
      const isCut = row.mean > end;
      const fill = row.mean < 1 ? slower : bar;
      parts.push(
        text(LEFT - 8, middle + 4, row.label, ink, 'text-anchor="end"'),
        `<rect x="${LEFT}" y="${y + 3}" width="${round(x(row.mean) - LEFT)}" height="${ROW - 6}" fill="${fill}"/>`,
      );
      if (isCut) parts.push(cut(x(row.mean) - 14, y + 1, ROW - 2, ground));
      parts.push(text(x(row.mean) + 6, middle + 4, `${figure(row)} (${digits(row.least)})`, ink));
      y += ROW;
    }
  }
  const remarks = [
    ...(largest > end ? [`Bars longer than ${end} are cut.`] : []),
    ...(rows.some(({isNoisy}) => isNoisy) ? ['~: the run was noisy.'] : []),
  ].join(' ');
  const height = y + FOOT;
  const axis = [
    text(one, y + 16, '1: as fast as ours', faint, 'font-size="12"'),
    text(0, y + 34, 'Time divided by ours: mean of all shapes (least).', faint, 'font-size="12"'),
    ...(remarks ? [text(0, y + 50, remarks, faint, 'font-size="12"')] : []),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}" ` +
    `font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" font-size="13">\n` +
    `<rect width="${WIDTH}" height="${height}" fill="${ground}"/>\n${[...axis, ...parts].join('\n')}\n</svg>\n`
  );
}

/** A gap across a bar that goes on. */
function cut(x: number, y: number, height: number, ground: string): string {
  return `<path d="M${round(x + 4)} ${y}l-4 ${height}M${round(x + 10)} ${y}l-4 ${height}" stroke="${ground}" stroke-width="2"/>`;
}

function text(x: number, y: number, content: string, fill: string, more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" fill="${fill}" ${more}>${escaped(content)}</text>`;
}

function figure({mean, isNoisy}: ChartRow): string {
  return `${isNoisy ? '~' : ''}${digits(mean)}`;
}

export function digits(ratio: number): string {
  return ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
