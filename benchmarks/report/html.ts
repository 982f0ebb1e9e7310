import type {Report} from '../suite/report';
import {answerOf} from './answer';
import {answerChart, OF_PAGE} from './answer_chart';
import {costTable} from './cost_table';
import {circumstances, notices, standingsTable} from './prose';
import {type Table, tables, threadsTable} from './tables';

/** What stands in the file beside the report itself: the program of page.ts, bundled, and style.css. */
export interface Parts {
  script: string;
  style: string;
}

/** The report as one file that needs no network: the answer first, then what to know about it, then all figures. */
export function html(report: Report, {script, style}: Parts): string {
  const threads = threadsTable(report);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tfjs-softmax: benchmark</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<main>
<h1>tfjs-softmax: benchmark</h1>
${answerHtml(report)}
${noticesHtml(report)}
<h2>Where and how</h2>
<dl>${circumstances(report)
    .map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`)
    .join('\n')}</dl>
${threads ? tableHtml(threads) : ''}
${tableHtml(standingsTable(report))}
<div id="compare"></div>
<div id="charts"></div>
<h2>All figures</h2>
${[...tables(report, 'wide'), costTable()].map(foldedHtml).join('\n')}
</main>
<script type="application/json" id="report">${inScript(JSON.stringify(report))}</script>
<script type="module">${script.replaceAll('</script', '<\\/script')}</script>
</html>
`;
}

/** A sentence and a chart. */
export function answerHtml(report: Report): string {
  const {sentence, chart} = answerOf(report);
  const drawn = chart.length > 0 ? `<div class="answer">${answerChart(chart, sentence, OF_PAGE)}</div>` : '';
  return `<p class="lead">${escaped(sentence)}</p>\n${drawn}`;
}

export function noticesHtml(report: Report): string {
  return notices(report)
    .map((notice) => `<p class="notice">${escaped(notice)}</p>`)
    .join('\n');
}

export function tableHtml(table: Table): string {
  return `<h2>${escaped(table.title)}</h2>\n${bareTable(table)}`;
}

/** To be opened by who wants it. */
export function foldedHtml(table: Table): string {
  return `<details><summary>${escaped(table.title)}</summary>\n${bareTable(table)}\n</details>`;
}

/** Wide ones scroll by themselves, by keyboard too. */
function bareTable({title, head, rows}: Table): string {
  const cells = (tag: string, texts: string[]) => texts.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n');
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(title)}">` +
    `<table><thead><tr>${cells('th', head)}</tr></thead>\n<tbody>${body}</tbody></table></div>`
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** JSON in a script element ends at no `</script>` of its own. */
function inScript(json: string): string {
  return json.replaceAll('<', '\\u003c');
}
