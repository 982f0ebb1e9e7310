import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {findBrowser} from './find_browser';
import {type Site, serve} from './serve';

/** How the one who serves a page says what came of it. */
export interface Answer<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

const QUIET = ['--no-first-run', '--disable-background-networking'];
/** Chrome's sandbox refuses to run as root. */
const AS_ROOT = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/**
 * Serves a page, opens it in a browser with a profile of its own, and waits for what it answers.
 *
 * @param siteFor the page; what it posts settles the answer
 * @param argumentsFor more arguments of the browser, its address among them
 * @param detached whether Ctrl-C is not for the browser
 * @throws if there is no browser, it ends too early, or the answer is an error
 */
export async function answerOf<T>(
  siteFor: (answer: Answer<T>, executablePath: string) => Site,
  argumentsFor: (url: string, executablePath: string) => string[],
  detached = false,
): Promise<T> {
  const {executablePath, env} = await findBrowser();
  let answer!: Answer<T>;
  const answered = new Promise<T>((resolve, reject) => {
    answer = {resolve, reject};
  });
  const site = await serve(siteFor(answer, executablePath));
  const profile = mkdtempSync(join(tmpdir(), 'tfjs-softmax-browser-'));
  const args = [...QUIET, ...AS_ROOT, `--user-data-dir=${profile}`, ...argumentsFor(site.url, executablePath)];
  const browser = spawn(executablePath, args, {env, stdio: ['ignore', 'ignore', 'pipe'], detached});
  let complaints = '';
  browser.stderr.on('data', (text) => {
    complaints = `${complaints}${text}`.slice(-2000);
  });
  const ended = new Promise<void>((resolve) => browser.once('close', () => resolve()));
  browser.once('error', (error) => answer.reject(error));
  browser.once('exit', (code) =>
    answer.reject(new Error(`${executablePath} ended with ${code} before the page answered: ${complaints}`)),
  );
  try {
    return await answered;
  } finally {
    browser.kill();
    await ended;
    site.close();
    rmSync(profile, {recursive: true, force: true, maxRetries: 5});
  }
}
