import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import type {Page} from 'playwright-core';
import {findChromium} from '../../spec/hosts/chromium';
import {serveFolder} from './serve';

const BUILD = 'scripts/build_bench_page.mjs';
const PAGE_FOLDER = 'bench-page';

/** WebGL on SwiftShader where there is no GPU; BENCH_CHROMIUM_FLAGS replaces these, for a machine that has one. */
const FLAGS = [
  '--no-first-run',
  '--disable-dev-shm-usage',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** Builds the benchmark's page and opens it in a headless Chromium. */
export async function openBenchPage(): Promise<{page: Page; flags: string[]; close(): Promise<void>}> {
  if (!existsSync(BUILD)) {
    throw new Error(
      '--browser needs the repository of tfjs-softmax, with npm ci. The page it makes runs in any browser.',
    );
  }
  execFileSync(process.execPath, [BUILD], {stdio: 'ignore'});
  const {chromium} = await import('playwright-core');
  const flags = process.env.BENCH_CHROMIUM_FLAGS?.split(' ') ?? FLAGS;
  const server = await serveFolder(PAGE_FOLDER);
  try {
    const browser = await chromium.launch({...(await findChromium()), args: flags, handleSIGINT: false});
    const page = await browser.newPage({viewport: {width: 1200, height: 1000}});
    await page.goto(server.url);
    await page.waitForFunction(() => 'suite' in globalThis);
    return {
      page,
      flags,
      async close() {
        await browser.close();
        server.close();
      },
    };
  } catch (error) {
    server.close();
    throw error;
  }
}
