/**
 * Counts how much of kernels/, backends/, install/, gradient_check/ and tfjs/ the tests have run, in lines, and lists those that they have not; fails below
 * 95 %. After a run of jest that has left its coverage in coverage/: `scripts/coverage.mjs` makes one, and so does CI.
 *
 * A line counts if a statement begins on it, as istanbul sees the file in jest. It has run if it did so in jest's own
 * processes, in a page in the browser, or in the process with tfjs-node; the last two tell by V8's own coverage. The
 * WebAssembly is not in it: its variants are tested by name.
 */
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {GREATEST_LOWER_BOUND, generatedPositionFor, LEAST_UPPER_BOUND, TraceMap} from '@jridgewell/trace-mapping';

const LEAST_PERCENT = 95;
/** By pages and by the process with tfjs-node. */
const RAW = 'coverage/raw';
const BY_JEST = 'coverage/coverage-final.json';

const files = statementsByFile(JSON.parse(readFileSync(BY_JEST, 'utf8')));
for (const name of existsSync(RAW) ? readdirSync(RAW) : []) addRaw(JSON.parse(readFileSync(join(RAW, name), 'utf8')));
process.exitCode = report() >= LEAST_PERCENT ? 0 : 1; // of no lines at all the percentage is NaN

/** Of each file its statements, where they start, and whether they have run. */
function statementsByFile(coverage) {
  const result = new Map();
  for (const [path, {statementMap, s}] of Object.entries(coverage)) {
    const statements = Object.entries(statementMap).map(([id, {start}]) => ({...start, hasRun: s[id] > 0}));
    result.set(path, statements);
  }
  return result;
}

/** Marks what V8 says that a page or another process has run. */
function addRaw({result, 'source-map-cache': maps = {}}) {
  for (const {url, source, functions} of result) {
    const map = source === undefined ? maps[url]?.data : inlineMap(source);
    if (!map) continue;
    const lineLengths = source === undefined ? maps[url].lineLengths : source.split('\n').map(({length}) => length);
    const trace = new TraceMap(map);
    const ranges = functions.flatMap((f) => f.ranges);
    for (const [name, path] of trace.sources.map((name) => [name, pathOf(name)])) {
      for (const statement of files.get(path) ?? []) {
        statement.hasRun ||= countAt(trace, name, statement, lineLengths, ranges) > 0;
      }
    }
  }
}

/** How often V8 has come by the place that a statement is compiled to: the count of the narrowest range around it. */
function countAt(trace, source, {line, column}, lineLengths, ranges) {
  const place = [GREATEST_LOWER_BOUND, LEAST_UPPER_BOUND]
    .map((bias) => generatedPositionFor(trace, {source, line, column, bias}))
    .find((position) => position.line !== null);
  if (!place) return 0; // not in this program
  const offset = lineLengths.slice(0, place.line - 1).reduce((sum, length) => sum + length + 1, 0) + place.column;
  let narrowest = null;
  for (const range of ranges) {
    if (range.startOffset > offset || range.endOffset <= offset) continue;
    const width = range.endOffset - range.startOffset;
    if (!narrowest || width <= narrowest.endOffset - narrowest.startOffset) narrowest = range;
  }
  return narrowest?.count ?? 0;
}

/** esbuild's, at the end of a page's program. */
function inlineMap(source) {
  const at = source.lastIndexOf('sourceMappingURL=data:application/json;base64,');
  return at < 0 ? null : JSON.parse(Buffer.from(source.slice(source.indexOf(',', at) + 1).trim(), 'base64').toString());
}

/** A bundle names its sources relative to the project. */
function pathOf(name) {
  return name.startsWith('file://') ? fileURLToPath(name) : resolve(name);
}

function report() {
  const counts = {all: 0, run: 0};
  for (const [path, statements] of [...files].sort()) {
    const lines = new Map();
    for (const {line, hasRun} of statements) lines.set(line, lines.get(line) || hasRun);
    const missed = [...lines].flatMap(([line, hasRun]) => (hasRun ? [] : [line])).sort((a, b) => a - b);
    counts.all += lines.size;
    counts.run += lines.size - missed.length;
    if (missed.length > 0)
      console.log(`${relative('.', path)}: ${missed.length} of ${lines.size} not run, lines ${missed.join(' ')}`);
  }
  const percent = (100 * counts.run) / counts.all;
  console.log(
    `${counts.run} of ${counts.all} lines of kernels/, backends/, install/, gradient_check/ and tfjs/ run: ${percent.toFixed(2)} %, at least ${LEAST_PERCENT} %`,
  );
  return percent;
}
