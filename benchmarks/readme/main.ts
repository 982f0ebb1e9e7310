/** `npm run bench:readme [-- report.json]`: writes the README's tables from the committed result, or from a new one. */
import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import type {Report} from '../suite/report';
import {placed} from './place';
import {readmeTables} from './tables';

const RESULT = 'benchmarks/results/node.json';

const [fresh] = process.argv.slice(2);
if (fresh) copyFileSync(fresh, RESULT);
const report = JSON.parse(readFileSync(RESULT, 'utf8')) as Report;
if (!report.complete) throw new Error(`${RESULT} is a partial report. Run npm run bench to its end.`);
writeFileSync('README.md', placed(readFileSync('README.md', 'utf8'), readmeTables(report)));
