import {cpus, platform, release} from 'node:os';
import type {Plan, Report} from '../suite/report';
import type {Progress} from '../suite/run_suite';
import {openBenchPage} from './open_page';

/** What the page of `npm run bench:page` finds when it runs in headless Chromium. */
export async function runInBrowser(
  planFor: (backends: string[]) => Plan,
  wanted: string[],
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Report> {
  const {page, flags, close} = await openBenchPage();
  signal.addEventListener('abort', () => page.evaluate(() => globalThis.suite.stop()));
  try {
    await page.exposeFunction('showProgress', onProgress);
    const there = await page.evaluate(() => globalThis.suite.backends);
    const plan = planFor(wanted.filter((backend) => there.includes(backend)));
    const report = await page.evaluate((given) => {
      const {showProgress} = globalThis as unknown as {showProgress: (progress: Progress) => void};
      return globalThis.suite.run(given, showProgress);
    }, plan);
    const {machine} = report;
    const here = {processor: cpus()[0]!.model, system: `${platform()} ${release()}`};
    return {...report, machine: {...machine, ...here, flags: [...machine.flags, ...flags]}};
  } finally {
    await close();
  }
}
