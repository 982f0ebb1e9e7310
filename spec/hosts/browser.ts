import {randomUUID} from 'node:crypto';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {basename, join, resolve} from 'node:path';
import {build} from 'esbuild';
import {type Browser, chromium, type Page} from 'playwright-core';
import {findChromium} from './chromium';
import type {PageFunctions} from './page';
import {pack, unpack} from './transfer';

/** Where what has run is noted, if it is. */
const COVERAGE_FOLDER = process.env.TFJS_SOFTMAX_COVERAGE;
const WASM_FOLDER = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';
const TYPES: Record<string, string> = {'.js': 'text/javascript', '.html': 'text/html', '.wasm': 'application/wasm'};

const ISOLATION = {'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp'};

/** No part of a test may reach for the network; WebGL and, where asked for, WebGPU run on SwiftShader. */
const FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
  '--disable-dev-shm-usage',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

export interface BrowserOptions {
  /** The page's program, relative to the project's root; it calls `expose` of `page.ts`. */
  entry: string;
  /** Served with COOP and COEP, so that SharedArrayBuffer and 5 µs timers are there. */
  crossOriginIsolated?: boolean;
  /** More headers of the page. */
  headers?: Record<string, string>;
  /** What the page may write on its console as an error. */
  expectedErrors?: RegExp;
  /** More Chromium flags. */
  flags?: string[];
  /** Has webgl's reductions cut as for a GPU in hardware. */
  cutAsForHardware?: boolean;
}

/** A page in a Chromium of its own, whose exposed functions are called from here. */
export interface BrowserPage<F extends PageFunctions> {
  /**
   * Calls a function of the page. Arguments and results cross by value: plain objects, numbers (NaN, infinities and
   * -0 too), typed arrays. Rejects if the function does or if the page logged an error meanwhile, with all that the
   * page wrote on its console.
   */
  run<K extends keyof F & string>(name: K, args: Parameters<F[K]>[0]): Promise<Awaited<ReturnType<F[K]>>>;
  /** Freezes the page with its workers, as browsers do to pages that nobody has seen for long, or lets it go on. */
  setLifecycle(state: 'frozen' | 'active'): Promise<void>;
  close(): Promise<void>;
}

/** Launches Chromium (about a second; so once a test file) and opens a page of ours, served from loopback. */
export async function open<F extends PageFunctions>(options: BrowserOptions): Promise<BrowserPage<F>> {
  const script = await bundled(options.entry);
  const browser = await launch(options.flags);
  const server = await serve(script, {...(options.crossOriginIsolated && ISOLATION), ...options.headers});
  const page = await browser.newPage();
  if (COVERAGE_FOLDER) await page.coverage.startJSCoverage({resetOnNavigation: false});
  const log = consoleOf(page);
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  if (options.cutAsForHardware) await page.evaluate(() => globalThis.cutAsForHardware());
  return {
    async run(name, args) {
      log.splice(0);
      try {
        const result = await page.evaluate(([n, a]) => globalThis.callExposed(n, a), [name, pack(args)] as const);
        if (log.some(({isError, text}) => isError && !options.expectedErrors?.test(text)))
          throw new Error(`${name}: the page logged an error`);
        return unpack(result) as never;
      } catch (error) {
        throw new Error([String(error), ...log.map(({text}) => text)].join('\n'));
      }
    },
    async setLifecycle(state) {
      const session = await page.context().newCDPSession(page);
      await session.send('Page.setWebLifecycleState', {state});
      await session.detach();
    },
    async close() {
      if (COVERAGE_FOLDER) keepCoverage(await page.coverage.stopJSCoverage());
      await browser.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Chromium without a page. */
export async function launch(flags: string[] = []): Promise<Browser> {
  const found = await findChromium();
  const start = () => chromium.launch({...found, args: [...FLAGS, ...flags]});
  // Once it was seen to crash at its start, by SIGSEGV, and not the next time.
  return start()
    .catch(start)
    .catch((error) => {
      throw new Error(`Chromium at ${found.executablePath} does not start; set CHROME_PATH to one that does. ${error}`);
    });
}

/** For `scripts/coverage.mjs`: what of the page's program has run, with its source. */
function keepCoverage(scripts: object[]): void {
  mkdirSync(COVERAGE_FOLDER!, {recursive: true});
  writeFileSync(join(COVERAGE_FOLDER!, `page-${randomUUID()}.json`), JSON.stringify({result: scripts}));
}

interface ConsoleLine {
  text: string;
  isError: boolean;
}

/** What a page writes on its console, and what it throws. */
export function consoleOf(page: Page): ConsoleLine[] {
  const lines: ConsoleLine[] = [];
  page.on('console', (message) => lines.push({text: message.text(), isError: message.type() === 'error'}));
  page.on('pageerror', (error) => lines.push({text: String(error), isError: true}));
  return lines;
}

async function bundled(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [resolve(entry)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    sourcemap: 'inline',
    logLevel: 'silent',
  });
  return result.outputFiles[0]!.text;
}

/** Serves the page, its script and tfjs's .wasm files; nothing else. */
async function serve(script: string, more: Record<string, string>): Promise<Server> {
  const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/page.html' : request.url!;
    const headers = {'Content-Type': TYPES[path.slice(path.lastIndexOf('.'))], ...more};
    if (path === '/page.html') response.writeHead(200, headers).end(html);
    else if (path === '/page.js') response.writeHead(200, headers).end(script);
    else if (/^\/wasm\/[\w-]+\.wasm$/.test(path)) {
      response.writeHead(200, headers).end(readFileSync(resolve(WASM_FOLDER, basename(path))));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}
