import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Page} from 'playwright-core';
import {threadsTable} from '../../benchmarks/report/tables';
import {VARIANTS} from '../../benchmarks/suite/costs';
import {OP_NAMES} from '../../benchmarks/suite/ops';
import type {Plan, Report} from '../../benchmarks/suite/report';
import {type BenchSite, benchSite} from '../hosts/bench_page';

let site: BenchSite;
let page: Page;
const folder = mkdtempSync(join(tmpdir(), 'tfjs-softmax-page-'));
const errors: string[] = [];

beforeAll(async () => {
  site = await benchSite();
  page = await site.open();
  page.on('pageerror', (error) => errors.push(String(error)));
});
afterAll(async () => {
  await site.close();
  rmSync(folder, {recursive: true});
});

/** Picks exactly these in a fieldset, by clicking. */
async function pick(fieldset: string, names: string[]): Promise<void> {
  for (const box of await page.locator(`#${fieldset} input`).all()) {
    await box.setChecked(names.includes((await box.getAttribute('value'))!));
  }
}

async function run(): Promise<void> {
  await page.click('#run');
  await page.waitForSelector('#run:enabled');
}

async function saved(name: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(`a[download="${name}"]`)]);
  const path = join(folder, name);
  await download.saveAs(path);
  return readFileSync(path, 'utf8');
}

describe('the page', () => {
  it('says before anything runs that the GPU is a software one', async () => {
    expect(await page.textContent('#notices')).toContain('The GPU is simulated in software');
    expect(await page.textContent('#state')).toMatch(/^Ready: cpu, wasm, webgl\..*SwiftShader/s);
  });

  it('has Run before everything else for the keyboard', async () => {
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    let tabs = 0;
    for (let at = ''; at !== 'run' && tabs < 30; tabs++) {
      await page.keyboard.press('Tab');
      at = await page.evaluate(() => document.activeElement?.id ?? '');
    }
    // One more opens what runs here.
    expect(tabs).toBeLessThanOrEqual(2);
  });

  it('keeps its settings in the address, and takes them from there', async () => {
    await page.click('#settings > summary');
    await pick('ops', ['softmax']);
    await pick('shapes', ['64x1000']);
    await pick('peers', ['stock']);
    await page.fill('#more', '3x17');
    await page.fill('#seconds', '0.1');
    const search = await page.evaluate(() => location.search);
    expect(search).toContain(
      'ops=softmax&shapes=64x1000&backends=cpu,wasm,webgl&threads=1&peers=stock&more=3x17&logits=uniform:10',
    );
    const again = await site.open(search);
    expect(await again.textContent('#chosen')).toBe('softmax · 64x1000, 3x17 · cpu, wasm, webgl · stock');
    expect(await again.inputValue('#seconds')).toBe('0.1');
    await again.context().close();
  });

  it('answers first, then shows a case for each shape, with bars that are linear', async () => {
    await run();
    expect(await page.textContent('#answer .lead')).toMatch(
      /^Stock TensorFlow\.js takes [\d.]+ times as long as this package on cpu/,
    );
    expect(await page.locator('#answer svg').count()).toBe(1);
    expect(await page.locator('.case').count()).toBe(2);
    expect(await page.locator('.bar.fastest').count()).toBe(2);
    const bars = await page
      .locator('.case')
      .first()
      .locator('.bar')
      .evaluateAll((all) =>
        all.map((bar) => {
          const fill = bar.querySelector<HTMLElement>('.fill')!;
          return {width: Number.parseFloat(fill.style.width), time: bar.querySelector('b')!.textContent!};
        }),
      );
    const times = bars.map(({time}) => Number.parseFloat(time) * (time.endsWith('ms') ? 1000 : 1));
    const slowest = times.at(-1)!;
    for (const [i, {width}] of bars.entries()) expect(width).toBeCloseTo((100 * times[i]!) / slowest, 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('explains what the dispatcher chooses by the times that it has just measured', async () => {
    const explanation = await page.textContent('#explanation');
    const report = JSON.parse(await saved('report.json')) as Report;
    const sums = ['cpu', 'wasm', 'webgl'].map((backend) => {
      const own = report.cases.filter((one) => one.backend === backend);
      return [
        backend,
        own.reduce((sum, {entries}) => sum + entries.find(({peer}) => peer === 'ours')!.ms!.median, 0),
      ] as const;
    });
    const [fastest] = sums.sort(([, a], [, b]) => a - b);
    expect(explanation).toMatch(new RegExp(`^${fastest![0]}: `));
    expect(explanation).not.toContain('shipped');
    expect(explanation).toMatch(/measured/);
  });

  it('saves JSON and Markdown', async () => {
    const report = JSON.parse(await saved('report.json')) as Report;
    expect(report).toMatchObject({format: 2, complete: true, machine: {softwareGpu: true}});
    expect(report.cases.map(({op, shape, backend}) => `${op} ${shape} ${backend}`)).toContain('softmax 3,17 wasm');
    expect(await saved('report.md')).toContain('## softmax on webgl');
    expect(await page.locator('#charts svg').count()).toBeGreaterThanOrEqual(3);
  });

  it('compares with a second result, from a file or of a machine that is known', async () => {
    await page.setInputFiles('#compare input[type=file]', join(folder, 'report.json'));
    await page.waitForSelector('#compare table');
    const rows = await page.locator('#compare tbody tr').allTextContents();
    expect(rows).toHaveLength(6);
    for (const row of rows) expect(row).toContain('1.00');
    await page.selectOption('#compare select', {label: 'NVIDIA H200, Node, Dawn, 2026-11-27'});
    await page.waitForFunction(() => document.querySelector('#compare h2 ~ div h2')?.textContent?.includes('H200'));
    expect(await page.locator('#compare tbody tr').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^softmax64x1000webgpu0\.481/)]),
    );
    writeFileSync(join(folder, 'else.json'), '{"format": 7}');
    await page.setInputFiles('#compare input[type=file]', join(folder, 'else.json'));
    await page.waitForSelector('#compare .error:not(:empty)');
    expect(await page.textContent('#compare .error')).toContain('This is no result of the benchmark');
    expect(errors).toEqual([]);
  });

  it('stops when asked, and shows what is there', async () => {
    await page.fill('#seconds', '2');
    await page.click('#run');
    await page.waitForFunction(() => document.querySelectorAll('.case').length > 0);
    await page.click('#stop');
    await page.waitForSelector('#run:enabled');
    expect(await page.textContent('#notices')).toContain('This is a partial report');
  });

  it('says what is wrong with what was typed', async () => {
    await page.fill('#more', '3by17');
    await page.click('#run');
    await page.waitForSelector('#error:not(:empty)');
    expect(await page.textContent('#error')).toContain('3by17 is no shape: give rows x row length');
    await page.fill('#more', '');
  });

  it('that is opened as a file says what to do', async () => {
    const opened = await (await site.browser.newContext()).newPage();
    await opened.goto(pathToFileURL(resolve('bench-page/index.html')).href);
    expect(await opened.textContent('#state')).toMatch(/opened as a file.*Serve its folder/s);
    await opened.context().close();
  });
});

test('threads are a dimension: cases of their own, for ours and for stock, with what they bring', async () => {
  const plan: Plan = {
    ops: ['softmax'],
    shapes: [[256, 500]],
    backends: ['wasm', 'cpu'],
    peers: ['stock'],
    distribution: 'normal:3',
    inputs: 'op',
    threads: [1, 2],
    seconds: 0.1,
  };
  const report = await page.evaluate((given) => globalThis.suite.run(given, () => {}), plan);
  const places = report.cases.map(({backend, threads}) => [backend, threads]);
  expect(places).toEqual([
    ['wasm', 1],
    ['cpu', null],
    ['wasm', 2],
  ]);
  for (const {entries} of report.cases) {
    expect(entries.map(({peer, fault}) => [peer, fault])).toEqual(
      ['ours', 'stock', 'copy'].map((peer) => [peer, null]),
    );
  }
  expect(threadsTable(report)!.rows.map((row) => row.slice(0, 5).join(' '))).toEqual([
    'softmax 256x500 wasm ours 2',
    'softmax 256x500 wasm stock 2',
  ]);
});

test('WebGL draws are as many as the cost model says', async () => {
  const plan: Plan = {
    ops: [...OP_NAMES],
    shapes: [[64, 1000]],
    backends: ['webgl'],
    peers: ['stock'],
    distribution: 'normal:3',
    inputs: 'op',
    threads: [1],
    seconds: 0.1,
  };
  const report = await page.evaluate((given) => globalThis.suite.run(given, () => {}), plan);
  for (const {op, entries} of report.cases) {
    const counted = Object.fromEntries(entries.map(({peer, launches}) => [peer, launches]));
    const model = VARIANTS.find((one) => one.op === op && one.peer === 'ours' && one.backends === 'webgl');
    expect([op, counted.ours]).toEqual([op, model!.launches!.software]);
    expect(counted.stock).toBeGreaterThan(counted.ours!);
  }
});
