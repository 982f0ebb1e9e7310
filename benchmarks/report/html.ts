import type {Report} from '../suite/report';
import {costTable} from './cost_table';
import {circumstances, notices, standingsTable} from './prose';
import {type Table, tables} from './tables';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2530; max-width: 76rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; font-size: .8rem; display: block; overflow-x: auto; }
th, td { border: 1px solid #dde2e9; padding: .2rem .5rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } td:last-child { white-space: normal; }
.notice { background: #fff6db; border: 1px solid #e5c65c; border-radius: 6px; padding: .4rem .8rem; margin: .4rem 0; }
dl { display: grid; grid-template-columns: 9rem 1fr; gap: .1rem 1rem; font-size: .9rem; } dd { margin: 0; }`;

/**
 * The report as one file that needs no network.
 *
 * @param script the program of `page.ts`, bundled
 */
export function html(report: Report, script: string): string {
  const all = [standingsTable(report), ...tables(report, 'wide'), costTable()];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The softmax family, timed</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<h1>The softmax family, timed</h1>
${notices(report)
  .map((notice) => `<p class="notice">${escaped(notice)}</p>`)
  .join('\n')}
<dl>${circumstances(report)
    .map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`)
    .join('\n')}</dl>
<div id="charts"></div>
${all.map(tableHtml).join('\n')}
<script type="application/json" id="report">${inScript(JSON.stringify(report))}</script>
<script>${script.replaceAll('</script', '<\\/script')}</script>
</html>
`;
}

export function tableHtml({title, head, rows}: Table): string {
  const cells = (tag: string, texts: string[]) => texts.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n');
  return `<h2>${escaped(title)}</h2>\n<table><tr>${cells('th', head)}</tr>\n${body}</table>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** JSON in a script element ends at no `</script>` of its own. */
function inScript(json: string): string {
  return json.replaceAll('<', '\\u003c');
}
