import {readFileSync} from 'node:fs';
import {placed} from '../../benchmarks/readme/place';
import {readmeTables} from '../../benchmarks/readme/tables';
import type {Report} from '../../benchmarks/suite/report';

test("the README's tables are those of the committed result: npm run bench:readme writes them", () => {
  const report = JSON.parse(readFileSync('benchmarks/results/node.json', 'utf8')) as Report;
  const readme = readFileSync('README.md', 'utf8');
  expect(placed(readme, readmeTables(report))).toBe(readme);
});

test('a table replaces what is between its markers, and nothing else', () => {
  const document = 'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb';
  expect(placed(document, {x: 'new'})).toBe('a\n<!-- bench:x -->\nnew\n<!-- /bench:x -->\nb');
  expect(() => placed(document, {y: 'new'})).toThrow('there is no <!-- bench:y -->');
});
