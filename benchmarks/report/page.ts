/**
 * The program inside a report's HTML file: it has the data that stands beside it. The page imports the same program for what
 * it exports.
 */
import type {Report} from '../suite/report';
import {downloads, showCharts, showComparing} from './interactive';

export {downloads, showCharts, showComparing};

const data = document.getElementById('report')?.textContent;
if (data) {
  const report = JSON.parse(data) as Report;
  const compare = document.getElementById('compare')!;
  compare.before(downloads(report));
  showComparing(compare, report, []);
  showCharts(document.getElementById('charts')!, report);
}
