import type {Page} from 'playwright-core';
import {openBenchPage} from '../../benchmarks/browser/open_page';
import {VARIANTS} from '../../benchmarks/suite/costs';
import {OP_NAMES} from '../../benchmarks/suite/ops';
import type {Report} from '../../benchmarks/suite/report';

let opened: Awaited<ReturnType<typeof openBenchPage>>;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  opened = await openBenchPage();
  page = opened.page;
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
});
afterAll(() => opened.close());

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

const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

describe('the page', () => {
  it('says before anything runs that the GPU is a software one', async () => {
    expect(await page.textContent('#notices')).toContain('This browser draws with a software GPU');
    expect(await page.textContent('#machine')).toContain('SwiftShader');
  });

  it('runs what is picked, and copies it as JSON and Markdown', async () => {
    await pick('ops', ['softmax']);
    await pick('shapes', ['64x1000']);
    await page.fill('#more', '3x17');
    await page.fill('#seconds', '0.1');
    await run();
    expect(await page.locator('.case').count()).toBe(2);
    expect(await page.locator('.bar.fastest').count()).toBe(2);
    expect(await page.textContent('#explanation')).toMatch(/^(cpu|wasm|webgl): /);
    expect(await page.locator('#charts svg').count()).toBeGreaterThanOrEqual(3);

    await page.click('#copy-json');
    const report = JSON.parse(await clipboard()) as Report;
    expect(report).toMatchObject({complete: true, machine: {softwareGpu: true}});
    expect(report.cases.map(({op, shape, backend}) => `${op} ${shape} ${backend}`)).toContain('softmax 3,17 wasm');
    await page.click('#copy-markdown');
    expect(await clipboard()).toContain('## softmax on webgl');
    expect(errors).toEqual([]);
  });

  it('draws bars relative to the fastest', async () => {
    const widths = await page
      .locator('.case')
      .first()
      .locator('.fill')
      .evaluateAll((fills) => fills.map((fill) => Number.parseFloat((fill as HTMLElement).style.width)));
    expect(widths[0]).toBe(10);
    expect(widths.at(-1)).toBe(100);
    expect(widths).toEqual([...widths].sort((a, b) => a - b));
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
});

test('WebGL draws are as many as the cost model says', async () => {
  const plan = {
    ops: [...OP_NAMES],
    shapes: [[64, 1000]] as [number, number][],
    backends: ['webgl'],
    peers: ['stock'],
    distribution: 'normal:3',
    inputs: 'op' as const,
    seconds: 0.1,
  };
  const report = await page.evaluate((given) => globalThis.suite.run(given, () => {}), plan);
  for (const {op, entries} of report.cases) {
    const counted = Object.fromEntries(entries.map(({peer, draws}) => [peer, draws]));
    const model = VARIANTS.find((one) => one.op === op && one.peer === 'ours' && one.backends === 'webgl');
    expect([op, counted.ours]).toEqual([op, model!.draws!.software]);
    expect(counted.stock).toBeGreaterThan(counted.ours!);
  }
});
