/**
 * Two pages at once, each with threads of its own on the same cores: whether all calls end, with right results, and how long the
 * longest of them takes, beside two pages of one thread each. Prints JSON.
 *
 *     npx tsx benchmarks/threads_load.ts 50000
 */
import {cpus} from 'node:os';
import {open} from '../spec/hosts/browser';
import type {Functions} from '../spec/pages/threads';

const calls = Number(process.argv[2] ?? 50_000);
const pages = await Promise.all(
  [1, 2].map(() => open<Functions>({entry: 'spec/pages/threads.ts', crossOriginIsolated: true})),
);
try {
  for (const page of pages) await page.run('start', {cores: 4});
  const loads = [];
  for (const threads of [1, 2]) {
    const start = performance.now();
    const ofPages = await Promise.all(pages.map((page) => page.run('load', {calls, threads})));
    loads.push({threads, seconds: (performance.now() - start) / 1000, pages: ofPages});
  }
  const machine = `${cpus().length} cores of ${cpus()[0]?.model}`;
  console.log(JSON.stringify({machine, date: new Date().toISOString().slice(0, 10), calls, loads}, null, 1));
} finally {
  for (const page of pages) await page.close();
}
