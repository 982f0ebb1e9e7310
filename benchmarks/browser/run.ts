import {cpus, platform, release} from 'node:os';
import type {BackendFacts, Plan, Report} from '../suite/report';
import type {Progress} from '../suite/run_suite';
import {answerOf} from './answer_of';
import {pageSite} from './page_site';

/** WebGL on SwiftShader where there is no GPU; BENCH_CHROMIUM_FLAGS replaces these, for a machine that has one. */
const FLAGS = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const HEADLESS = ['--headless=new', '--disable-dev-shm-usage'];

/** A browser that has not asked for its plan by then never will. */
const START_MS = 60_000;

/** What the page finds in a headless browser: it asks for its plan, tells how it gets on, and hands in its report. */
export async function runInBrowser(
  planFor: (backends: BackendFacts[]) => Plan,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Report> {
  const flags = process.env.BENCH_CHROMIUM_FLAGS?.split(' ') ?? FLAGS;
  let late: NodeJS.Timeout | undefined;
  try {
    const report = await answerOf<Report>(
      (answer, executablePath) => {
        late = setTimeout(
          () => answer.reject(new Error(`${executablePath} has not opened the page within ${START_MS / 1000} s`)),
          START_MS,
        );
        return {
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
            '/report': (report) => answer.resolve(report as Report),
            '/failure': (message) => answer.reject(new Error(`the page: ${message}`)),
          },
        };
      },
      (url) => [...HEADLESS, ...flags, `${url}?driven`],
      true, // Ctrl-C is for the bench, which then asks the page to stop
    );
    const here = {processor: cpus()[0]!.model, system: `${platform()} ${release()}`};
    return {...report, machine: {...report.machine, ...here, flags: [...report.machine.flags, ...flags]}};
  } finally {
    clearTimeout(late);
  }
}
