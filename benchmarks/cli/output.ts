/** The folder of a report, tried before anything is timed: a run of minutes is not to end in an error that could be foreseen. */
import {closeSync, mkdirSync, openSync, statSync, unlinkSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';

const REPORTS = ['report.json', 'report.md', 'report.html'] as const;
type Reports = Record<(typeof REPORTS)[number], string>;

/** Makes the folder. @throws if a report could not be written there */
export function prepareOutput(folder: string): void {
  try {
    makeFolder(resolve(folder));
    for (const name of REPORTS) tryToWrite(join(folder, name));
  } catch (error) {
    throw new Error(`--output is ${folder}, but reports cannot be written there: ${(error as Error).message}.`);
  }
}

export function writeReports(folder: string, reports: Reports): void {
  for (const name of REPORTS) writeFileSync(join(folder, name), reports[name]);
}

/** Step by step: Node's own way of making all missing folders never returns under /proc. */
function makeFolder(path: string): void {
  const stats = statSync(path, {throwIfNoEntry: false});
  if (stats?.isDirectory()) return;
  if (stats) throw new Error(`${path} is not a folder`);
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}

/** Leaves a file as it is, and none where there was none. */
function tryToWrite(path: string): void {
  const stats = statSync(path, {throwIfNoEntry: false});
  // A pipe would wait for a reader; a device would take the report for orders.
  if (stats && !stats.isFile()) throw new Error(`${path} is not a file`);
  closeSync(openSync(path, stats ? 'r+' : 'wx'));
  if (!stats) unlinkSync(path);
}
