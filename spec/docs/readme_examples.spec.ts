import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';

interface Block {
  section: string;
  code: string;
  /** The comment lines at its end: what it prints. */
  output: string[];
}

/** The JavaScript blocks of the README, in order. */
function blocks(): Block[] {
  return readFileSync('README.md', 'utf8')
    .split(/^## /m)
    .flatMap((text) => {
      const section = text.slice(0, text.indexOf('\n'));
      return [...text.matchAll(/^```js\n(.*?)((?:^\/\/ .*?\n)*)^```$/gms)].map(([, code, comments]) => ({
        section,
        code: code!,
        output: [...comments!.matchAll(/^\/\/ (.*)$/gm)].map(([, line]) => line!),
      }));
    });
}

/** Runs it as a program of its own beside the built package, which its name then stands for. */
function linesOf(code: string): string[] {
  const {status, stdout, stderr} = spawnSync(process.execPath, ['--input-type=module'], {
    input: code,
    encoding: 'utf8',
  });
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  return stdout.trim().split('\n');
}

const examples = blocks().filter(({section}) => section === 'Examples');

test('the README has its examples, each with what it prints', () => {
  expect(examples.length).toBeGreaterThanOrEqual(4);
  expect(examples.filter(({output}) => output.length === 0)).toEqual([]);
});

test.each(examples)('the example that prints $output.0', ({code, output}) => {
  expect(linesOf(code)).toEqual(output);
});
