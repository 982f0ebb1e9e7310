import {execFileSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {prepareOutput, writeReports} from '../../benchmarks/cli/output';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tfjs-softmax-output-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

test('a folder that is missing is made, with those above it; nothing is in it until the reports are', () => {
  const output = join(folder, 'a', 'b');
  prepareOutput(output);
  expect(readdirSync(output)).toEqual([]);
  writeReports(output, {'report.json': '{}', 'report.md': '#', 'report.html': '<p>'});
  expect(readdirSync(output).sort()).toEqual(['report.html', 'report.json', 'report.md']);
});

test('reports that are there stay until they are replaced', () => {
  writeFileSync(join(folder, 'report.md'), 'of yesterday');
  prepareOutput(folder);
  expect(readdirSync(folder)).toEqual(['report.md']);
  expect(readFileSync(join(folder, 'report.md'), 'utf8')).toBe('of yesterday');
});

const MISTAKES: Record<string, [make: () => string, message: RegExp]> = {
  'a file': [
    () => {
      writeFileSync(join(folder, 'file'), 'mine');
      return join(folder, 'file');
    },
    /file is not a folder/,
  ],
  'below a file': [
    () => {
      writeFileSync(join(folder, 'file'), 'mine');
      return join(folder, 'file', 'below');
    },
    /ENOTDIR|is not a folder/,
  ],
  'with a folder in the place of a report': [
    () => {
      mkdirSync(join(folder, 'report.html'));
      return folder;
    },
    /report\.html is not a file/,
  ],
  'with a pipe in the place of a report': [
    () => {
      execFileSync('mkfifo', [join(folder, 'report.json')]);
      return folder;
    },
    /report\.json is not a file/,
  ],
  ...(process.platform === 'linux' && {
    'under /proc': [() => '/proc/reports/of/today', /ENOENT/],
    '/proc itself': [() => '/proc', /ENOENT|EACCES/],
  }),
};

test.each(Object.entries(MISTAKES))('%s is refused', (_, [make, message]) => {
  const output = make();
  const before = readdirSync(folder);
  expect(() => prepareOutput(output)).toThrow(`--output is ${output}, but reports cannot be written there: `);
  expect(() => prepareOutput(output)).toThrow(message);
  expect(readdirSync(folder)).toEqual(before);
});

test('a folder that nobody may write to is refused, but to who may write everywhere', () => {
  chmodSync(folder, 0o555);
  const mayWriteEverywhere = process.getuid?.() === 0;
  const trial = () => prepareOutput(folder);
  if (mayWriteEverywhere) trial();
  else expect(trial).toThrow(/EACCES/);
  expect(existsSync(join(folder, 'report.json'))).toBe(false);
  chmodSync(folder, 0o755);
});
