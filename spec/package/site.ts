import {existsSync, readFileSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname, join} from 'node:path';
import type {Browser, Page} from 'playwright-core';
import {consoleOf} from '../hosts/browser';

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/**
 * Opens a page of a folder, served as it is from loopback, and waits for its `globalThis.result`.
 *
 * @param headers sent with the page, such as a content security policy
 * @returns what the page got, and the files that it loaded
 * @throws with what it wrote on its console if it fails, or wrote an error there
 */
export function resultOf<T>(
  browser: Browser,
  folder: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{result: T; loaded: string[]}> {
  return onPage(browser, folder, path, headers, async (page, loaded) => {
    await Promise.race([page.waitForFunction(() => 'result' in globalThis), page.waitForEvent('pageerror')]);
    const result = (await page.evaluate(() => (globalThis as {result?: unknown}).result)) as T;
    return {result, loaded};
  });
}

/** As above, and waits for the page to have text. */
export function textOf(browser: Browser, folder: string, path: string): Promise<string> {
  return onPage(browser, folder, path, {}, async (page) => {
    await Promise.race([page.waitForFunction(() => document.body.textContent), page.waitForEvent('pageerror')]);
    return page.evaluate(() => document.body.textContent);
  });
}

async function onPage<T>(
  browser: Browser,
  folder: string,
  path: string,
  headers: Record<string, string>,
  action: (page: Page, loaded: string[]) => Promise<T>,
): Promise<T> {
  const loaded: string[] = [];
  const server = createServer(({url}, response) => {
    const {pathname} = new URL(url!, 'http://localhost');
    if (pathname === '/favicon.ico') return response.writeHead(204).end();
    const file = join(folder, decodeURIComponent(pathname));
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    loaded.push(pathname);
    return response
      .writeHead(200, {'Content-Type': TYPES[extname(file)] ?? 'text/plain', ...headers})
      .end(readFileSync(file));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const page = await browser.newPage();
  const log = consoleOf(page);
  try {
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/${path}`);
    const result = await action(page, loaded);
    if (log.some(({isError}) => isError)) throw new Error(`${path} logged an error`);
    return result;
  } catch (error) {
    throw new Error([String(error), ...log.map(({text}) => text)].join('\n'));
  } finally {
    await page.close();
    server.close();
    server.closeAllConnections();
  }
}
