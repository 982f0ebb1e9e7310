/** The program inside a report's HTML file: draws the plots of the data that stands beside it. */
import type {Report} from '../suite/report';
import {charts} from './charts';

const report = JSON.parse(document.getElementById('report')!.textContent!) as Report;
const place = document.getElementById('charts')!;
for (const {title, chart} of charts(report)) {
  const heading = document.createElement('h2');
  heading.textContent = title;
  place.append(heading, chart);
}
