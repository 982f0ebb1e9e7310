import {execFileSync} from 'node:child_process';
import type {Browser, Page} from 'playwright-core';
import {serve} from '../../benchmarks/browser/serve';
import {launch} from './browser';

const FOLDER = 'bench-page';

/** The benchmark's page as `npm run bench:page` builds it, served on loopback. */
export interface BenchSite {
  browser: Browser;
  url: string;
  /** A page in a context of its own, at the settings in `search`, once its backends have started. */
  open(search?: string, options?: Parameters<Browser['newContext']>[0]): Promise<Page>;
  close(): Promise<void>;
}

export async function benchSite(flags: string[] = []): Promise<BenchSite> {
  execFileSync(process.execPath, ['scripts/build_bench_page.mjs'], {stdio: 'ignore'});
  const server = await serve({folder: FOLDER});
  const browser = await launch(flags);
  return {
    browser,
    url: server.url,
    async open(search = '', options = {}) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      await page.goto(`${server.url}${search}`);
      await page.waitForFunction(() => 'suite' in globalThis);
      return page;
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
