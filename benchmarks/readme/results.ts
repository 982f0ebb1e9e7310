import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {DropInReport, DropInResult} from '../drop_in/figures';
import {readReport} from '../report/read_report';
import type {Report} from '../suite/report';

export const RESULTS = 'benchmarks/results';

/** A committed result. */
export interface Result {
  file: string;
  report: Report;
}

/** All that are committed, by their names. */
export function committedResults(): Result[] {
  const files = readdirSync(RESULTS).filter((name) => name.endsWith('.json'));
  return files.sort().map((file) => {
    const report = readReport(readFileSync(join(RESULTS, file), 'utf8'));
    if (!report.complete) throw new Error(`${RESULTS}/${file} is a partial report. Run npm run bench to its end.`);
    return {file, report};
  });
}

/**
 * The result that a backend's figures are taken from: of Node before one of a browser, whose clock is coarser; of a GPU in
 * hardware only, since a program on the processor says nothing about one.
 */
export function resultOf(results: Result[], backend: string): Report | undefined {
  const isGpu = backend.startsWith('webg');
  const all = results.map(({report}) => report).filter(({plan}) => plan.backends.includes(backend));
  const fitting = all.filter(({machine}) => !isGpu || !machine.softwareGpu);
  return fitting.find(({machine}) => machine.runtime.startsWith('Node')) ?? fitting[0];
}

/** What `npm run bench:drop-in` measured: all that is committed of it. */
export function committedDropIn(): DropInResult[] {
  const folder = join(RESULTS, 'drop_in');
  const reports = readdirSync(folder)
    .sort()
    .map((file): DropInReport => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  return reports.flatMap(({results}) => results);
}
