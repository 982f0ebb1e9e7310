import {cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {type RunOutcome, run} from '../docs/code_blocks';
import {type Registry, startRegistry} from './registry';

/** A folder outside of this project where packages are installed by npm, this one from its tarball. */
export class Workplace {
  private constructor(
    /** Empty at first, but for npm's cache beside it. */
    readonly folder: string,
    private readonly outer: string,
    private readonly registry: Registry,
  ) {}

  static async open(): Promise<Workplace> {
    const outer = mkdtempSync(join(tmpdir(), 'tfjs-softmax-package-'));
    const folder = join(outer, 'work');
    mkdirSync(folder);
    return new Workplace(folder, outer, await startRegistry(outer));
  }

  /** `npm install` of these packages. @throws with what npm wrote if it fails */
  async install(...packages: string[]): Promise<void> {
    writeFileSync(join(this.folder, 'package.json'), '{"private": true}');
    await this.succeed('npm', ['install', ...packages]);
  }

  /** Copies one of the projects, or a file that they share, from projects/ to here. */
  add(name: string, place = name): string {
    const folder = join(this.folder, place);
    cpSync(resolve('spec/package/projects', name), folder, {recursive: true});
    return folder;
  }

  /** Runs a command in the folder, in an environment in which nothing reminds of this project. */
  run(command: string, args: string[]): Promise<RunOutcome> {
    return run(command, args, this.folder, this.environment());
  }

  /** As above. @returns what it wrote @throws if it fails */
  async succeed(command: string, args: string[]): Promise<string> {
    const {exitCode, stdout, stderr} = await this.run(command, args);
    if (exitCode !== 0) {
      const output = `${stdout}\n${stderr}`.slice(0, 5000);
      throw new Error(`${command} ${args.join(' ')} ended with ${exitCode}:\n${output}`);
    }
    return stdout;
  }

  close(): void {
    this.registry.close();
    rmSync(this.outer, {recursive: true});
  }

  private environment(): Record<string, string> {
    const {PATH = ''} = process.env;
    return {
      PATH,
      HOME: this.outer,
      npm_config_registry: this.registry.url,
      npm_config_cache: join(this.outer, 'cache'),
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
    };
  }
}
