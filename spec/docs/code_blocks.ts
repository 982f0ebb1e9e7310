import {execFile} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';

/** A fenced block of a Markdown file. */
export interface CodeBlock {
  /** For people: the file and the line that the block starts on. */
  name: string;
  /** The last heading of the second level before it; empty before the first. */
  section: string;
  /** What stands behind the opening fence: `js`, `ts`, `diff`, ... */
  language: string;
  code: string;
  /** If a block of language `text` comes right behind: what the code has to print. */
  output: string | null;
}

/** The fenced blocks of a Markdown file, in order, without those of language `text` that are the output of another. */
export function codeBlocks(file: string): CodeBlock[] {
  const text = readFileSync(file, 'utf8');
  const blocks: CodeBlock[] = [];
  let endOfLast = -1;
  for (const match of text.matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
    const [whole, language, code] = match as unknown as [string, string, string];
    const between = text.slice(endOfLast, match.index);
    if (language === 'text' && endOfLast >= 0 && between.trim() === '') {
      blocks.at(-1)!.output = code;
    } else {
      const before = text.slice(0, match.index);
      const section = [...before.matchAll(/^## (.*)$/gm)].at(-1)?.[1] ?? '';
      blocks.push({name: `${file}:${before.split('\n').length}`, section, language, code, output: null});
    }
    endOfLast = match.index + whole.length;
  }
  return blocks;
}

export interface RunOutcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Where programs lie while they run: inside the project, so that `tfjs-softmax` is the package that `npm run build` made. */
const FOLDER = resolve('.cache/code_blocks');

/** Runs a block of language `js` as a program of its own, in Node, with the built package. */
function runJs({name, code}: CodeBlock): Promise<RunOutcome> {
  mkdirSync(FOLDER, {recursive: true});
  const file = join(FOLDER, `${basename(name).replace(/\W+/g, '_')}.mjs`);
  writeFileSync(file, code);
  return run(process.execPath, [file]);
}

/** Runs a command to its end. */
export function run(command: string, args: string[], cwd?: string, env?: Record<string, string>): Promise<RunOutcome> {
  return new Promise((done) => {
    execFile(command, args, {cwd, env}, (error, stdout, stderr) =>
      done({exitCode: error ? Number(error.code ?? 1) : 0, stdout, stderr}),
    );
  });
}

/**
 * A test for each `js` block of a Markdown file: it has to run to its end, and to print what the `text` block right
 * behind it says, if there is one.
 *
 * @param only the section to which that is to be confined
 */
export function describeCodeBlocks(file: string, only?: string): void {
  const programs = codeBlocks(file).filter(({language, section}) => {
    return language === 'js' && (only === undefined || section === only);
  });
  test(`${file} has code to run`, () => expect(programs.length).toBeGreaterThan(0));
  test.each(programs)('$name runs', async (block) => {
    const {exitCode, stdout, stderr} = await runJs(block);
    if (exitCode !== 0) throw new Error(`${block.name} ended with ${exitCode}:\n${stderr}`);
    if (block.output !== null) expect(stdout.trimEnd()).toBe(block.output.trimEnd());
  });
}
