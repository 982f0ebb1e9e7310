import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {codeBlocks, type RunOutcome, run} from './code_blocks';

/** What is no source. Hidden files and folders are none either. */
const NOT_COPIED = ['node_modules', 'dist', 'coverage', 'shared'];

/** The sources of this repository, to be changed as a page says. */
export class RepositoryCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'tfjs-softmax-docs-'));
  /** The files that pages have added or changed. */
  private readonly touched: string[] = [];

  constructor() {
    const sources = readdirSync('.').filter((name) => !name.startsWith('.') && !NOT_COPIED.includes(name));
    for (const name of sources) cpSync(name, join(this.folder, name), {recursive: true});
    symlinkSync(resolve('node_modules'), join(this.folder, 'node_modules'));
  }

  /**
   * Takes the steps of a Markdown file: a `ts` block is the file that its first line names, a `diff` is applied.
   * @returns the files that it has added or changed, in order
   * @throws if a block names no file, or a hunk of a diff does not fit one place
   */
  follow(markdown: string): string[] {
    const before = this.touched.length;
    for (const {name, language, code} of codeBlocks(markdown)) {
      if (language === 'ts') {
        const [, file] = /^\/\/ (\S+\.ts)\n/.exec(code) ?? [];
        if (!file) throw new Error(`${name} does not begin with the name of a file`);
        mkdirSync(dirname(join(this.folder, file)), {recursive: true});
        writeFileSync(join(this.folder, file), code);
        this.touched.push(file);
      } else if (language === 'diff') {
        this.apply(name, code);
      }
    }
    return this.touched.slice(before);
  }

  /** Of each hunk the old lines have to be in the file once, one after the other; the new ones come in their place. */
  private apply(name: string, diff: string): void {
    for (const [, file, hunks] of diff.matchAll(/^\+\+\+ (\S+)\n(.*?)(?=^\+\+\+ |$(?!\n))/gms)) {
      const path = join(this.folder, file!);
      let text = readFileSync(path, 'utf8');
      for (const hunk of hunks!.split(/^@@\n/m).slice(1)) {
        const lines = hunk.trimEnd().split('\n');
        const side = (other: string) =>
          lines.flatMap((line) => (line.startsWith(other) ? [] : [`${line.slice(1)}\n`])).join('');
        const parts = text.split(side('+'));
        if (parts.length !== 2) throw new Error(`${name}: ${parts.length - 1} places in ${file} for\n${hunk}`);
        text = parts.join(side('-'));
      }
      writeFileSync(path, text);
      this.touched.push(file!);
    }
  }

  /** Type-checks what was touched, and all that it imports. */
  checkTypes(): Promise<RunOutcome> {
    const config = {extends: './tsconfig.json', files: this.touched, include: []};
    writeFileSync(join(this.folder, 'tsconfig.touched.json'), JSON.stringify(config));
    return this.command('typescript/bin/tsc', ['--project', 'tsconfig.touched.json']);
  }

  jest(args: string[], environment: Record<string, string>): Promise<RunOutcome> {
    return this.command('jest/bin/jest.js', args, environment);
  }

  remove(): void {
    rmSync(this.folder, {recursive: true});
  }

  private command(script: string, args: string[], environment: Record<string, string> = {}): Promise<RunOutcome> {
    const env = {...(process.env as Record<string, string>), ...environment};
    return run(process.execPath, [resolve('node_modules', script), ...args], this.folder, env);
  }
}
