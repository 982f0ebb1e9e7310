/**
 * `npm run bench:readme [-- NAME=report.json ...]`: writes the figures of README.md and the docs, and the charts, from the
 * committed results. A new result is put there first, under its name: `node=bench-report/report.json`; parts of one run are
 * joined: `node=a.json,b.json`.
 */
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {DARK, LIGHT} from '../report/answer_chart';
import {joined} from '../report/join';
import {json} from '../report/json';
import {readReport} from '../report/read_report';
import {blocks, CHARTS, chartSvg} from './blocks';
import {placed} from './place';
import {committedDropIn, committedResults, RESULTS} from './results';

for (const given of process.argv.slice(2)) {
  const [name, files] = given.split('=');
  if (!files) throw new Error(`${given} is no NAME=report.json, such as node=bench-report/report.json.`);
  const parts = files.split(',').map((file) => readReport(readFileSync(file, 'utf8')));
  writeFileSync(join(RESULTS, `${name}.json`), json(joined(parts)));
}
const results = committedResults();
const texts = blocks(results, committedDropIn());
const documents = ['README.md', 'benchmarks/README.md', ...readdirSync('docs').map((name) => `docs/${name}`)];
for (const file of documents.filter((name) => name.endsWith('.md'))) {
  const document = readFileSync(file, 'utf8');
  const filled = placed(document, texts);
  if (filled !== document) writeFileSync(file, filled);
}
writeFileSync(CHARTS.light, chartSvg(results, LIGHT));
writeFileSync(CHARTS.dark, chartSvg(results, DARK));
