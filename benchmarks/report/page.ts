/** The program inside a report's HTML file: it has the data that stands beside it. */
import type {Report} from '../suite/report';
import {downloads, showCharts, showComparing} from './interactive';

const report = JSON.parse(document.getElementById('report')!.textContent!) as Report;
const compare = document.getElementById('compare')!;
compare.before(downloads(report));
showComparing(compare, report, []);
showCharts(document.getElementById('charts')!, report);
