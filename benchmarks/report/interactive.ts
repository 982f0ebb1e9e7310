/** What of a report needs a program: plots, a second result beside it, files to keep. Shared by reports and the page. */
import type {Report} from '../suite/report';
import {charts} from './charts';
import {comparison} from './compare';
import {tableHtml} from './html';
import {json} from './json';
import {machineName} from './machine_name';
import {markdown} from './markdown';
import {readReport} from './read_report';

/** Draws the plots, as wide as their place, and again when that has another width. */
export function showCharts(place: HTMLElement, report: Report): void {
  place.replaceChildren();
  const frames = charts(report).map(({title, draw}) => {
    const heading = document.createElement('h2');
    heading.textContent = title;
    const frame = document.createElement('div');
    frame.className = 'chart';
    place.append(heading, frame);
    return {frame, title, draw};
  });
  let width = 0;
  const drawAll = () => {
    if (place.clientWidth === width || !place.isConnected) return;
    width = place.clientWidth;
    for (const {frame, title, draw} of frames) {
      frame.innerHTML = draw(Math.max(width - 18, 280));
      const picture = frame.lastElementChild!;
      picture.setAttribute('role', 'img');
      picture.setAttribute('aria-label', title);
    }
  };
  drawAll();
  addEventListener('resize', drawAll);
}

/** A result that is committed or lies beside a page, by what it is called and where it is. */
export interface KnownResult {
  name: string;
  url: string;
}

/** Lets a second result be picked, from a file or from those that are known, and shows both side by side. */
export function showComparing(place: HTMLElement, report: Report, known: KnownResult[]): void {
  place.innerHTML = `
    <h2>Compare with another result</h2>
    <p class="actions">
      <label>a report.json <input type="file" accept=".json,application/json"></label>
      <label ${known.length > 0 ? '' : 'hidden'}>or <select><option value="">a known machine</option></select></label>
    </p>
    <p class="error" role="alert"></p>
    <div></div>`;
  const [input, select] = [place.querySelector('input')!, place.querySelector('select')!];
  for (const {name, url} of known) select.append(new Option(name, url));
  const show = async (text: () => Promise<string>) => {
    const [error, table] = [place.querySelector('.error')!, place.querySelector('div')!];
    error.textContent = '';
    table.innerHTML = '';
    try {
      const other = readReport(await text());
      const compared = comparison(report, other);
      if (compared.rows.length === 0) throw new Error(`${machineName(other)} has no op and shape that is here, too.`);
      table.innerHTML = tableHtml(compared);
    } catch (problem) {
      error.textContent = (problem as Error).message;
    }
  };
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file) void show(() => file.text());
  });
  select.addEventListener('change', () => {
    if (select.value) void show(async () => (await fetch(select.value)).text());
  });
}

/** Links that save the report. */
export function downloads(report: Report): HTMLElement {
  const place = document.createElement('p');
  place.className = 'actions';
  const files: [string, string, string][] = [
    ['report.json', 'application/json', json(report)],
    ['report.md', 'text/markdown', markdown(report)],
  ];
  for (const [name, type, text] of files) {
    const link = document.createElement('a');
    link.download = name;
    link.href = URL.createObjectURL(new Blob([text], {type}));
    link.textContent = `Save ${name}`;
    place.append(link);
  }
  return place;
}
