import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {cpus, platform, release, tmpdir} from 'node:os';
import {join} from 'node:path';
import type {BackendFacts, Plan, Report} from '../suite/report';
import type {Progress} from '../suite/run_suite';
import {findBrowser} from './find_browser';
import {pageSite} from './page_site';
import {serve} from './serve';

/** WebGL on SwiftShader where there is no GPU; BENCH_CHROMIUM_FLAGS replaces these, for a machine that has one. */
const FLAGS = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const HEADLESS = ['--headless=new', '--no-first-run', '--disable-dev-shm-usage', '--disable-background-networking'];
/** Chrome's sandbox refuses to run as root. */
const AS_ROOT = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/** A browser that has not asked for its plan by then never will. */
const START_MS = 60_000;

/** What the page finds in a headless browser: it asks for its plan, tells how it gets on, and hands in its report. */
export async function runInBrowser(
  planFor: (backends: BackendFacts[]) => Plan,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Report> {
  const {executablePath, env} = await findBrowser();
  const flags = process.env.BENCH_CHROMIUM_FLAGS?.split(' ') ?? FLAGS;
  let settle: {resolve(report: Report): void; reject(error: Error): void};
  const reported = new Promise<Report>((resolve, reject) => {
    settle = {resolve, reject};
  });
  const late = setTimeout(
    () => settle.reject(new Error(`${executablePath} has not opened the page within ${START_MS / 1000} s`)),
    START_MS,
  );
  const site = await serve({
    ...pageSite(),
    posts: {
      '/plan': (backends) => {
        clearTimeout(late);
        return planFor(backends as BackendFacts[]);
      },
      '/progress': (progress) => {
        onProgress(progress as Progress);
        return {stop: signal.aborted};
      },
      '/report': (report) => settle.resolve(report as Report),
      '/failure': (message) => settle.reject(new Error(`the page: ${message}`)),
    },
  });
  const profile = mkdtempSync(join(tmpdir(), 'tfjs-softmax-browser-'));
  const args = [...HEADLESS, ...AS_ROOT, ...flags, `--user-data-dir=${profile}`, `${site.url}?driven`];
  // A group of its own: Ctrl-C is for the bench, which then asks the page to stop.
  const browser = spawn(executablePath, args, {env, stdio: ['ignore', 'ignore', 'pipe'], detached: true});
  let complaints = '';
  browser.stderr.on('data', (text) => {
    complaints = `${complaints}${text}`.slice(-2000);
  });
  const ended = new Promise<void>((resolve) => browser.once('close', () => resolve()));
  browser.once('error', (error) => settle.reject(error));
  browser.once('exit', (code) => settle.reject(new Error(`${executablePath} ended with ${code}: ${complaints}`)));
  try {
    const report = await reported;
    const here = {processor: cpus()[0]!.model, system: `${platform()} ${release()}`};
    return {...report, machine: {...report.machine, ...here, flags: [...report.machine.flags, ...flags]}};
  } finally {
    clearTimeout(late);
    browser.kill();
    await ended;
    site.close();
    rmSync(profile, {recursive: true, force: true, maxRetries: 5});
  }
}
