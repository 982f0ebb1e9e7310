import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Page} from 'playwright-core';
import {committedResults} from '../../benchmarks/readme/results';
import {html} from '../../benchmarks/report/html';
import {type BenchSite, benchSite} from '../hosts/bench_page';

/**
 * Page and report as people see them, at the widths of a desktop and of a phone, light and dark. Screenshots are left in
 * .cache/screenshots, to be looked at.
 */
const SCREENSHOTS = resolve('.cache/screenshots');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const LEAST_TEXT_PX = 11;

const looks = [1280, 390].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({width, scheme})));

let site: BenchSite;
beforeAll(async () => {
  mkdirSync(SCREENSHOTS, {recursive: true});
  site = await benchSite();
  const {report: whole} = committedResults().find(({file}) => file === 'node.json')!;
  const report = {...whole, plan: {...whole.plan, ops: whole.plan.ops.slice(0, 2)}};
  const [script, style] = ['report.js', 'report.css'].map((name) => readFileSync(join('dist/cli', name), 'utf8'));
  writeFileSync(join(SCREENSHOTS, 'report.html'), html(report, {script: script!, style: style!}));
});
afterAll(() => site.close());

/** What a page must not have, at its present width and colours. */
async function faultsOf(page: Page): Promise<string[]> {
  const faults = await page.evaluate((least) => {
    const found: string[] = [];
    const {scrollWidth, clientWidth} = document.documentElement;
    if (scrollWidth > clientWidth) {
      const wide = Array.from(document.querySelectorAll('main *')).filter(
        (element) => !element.closest('.scroll, pre, svg') && element.getBoundingClientRect().right > clientWidth + 1,
      );
      found.push(
        `scrolls sideways, ${scrollWidth} of ${clientWidth} px: ${wide.map((one) => `${one.tagName}.${one.className}`).slice(0, 5)}`,
      );
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement!;
      if (!node.textContent!.trim() || !element.checkVisibility() || /SCRIPT|STYLE/.test(element.tagName)) continue;
      let size = Number.parseFloat(getComputedStyle(element).fontSize);
      // Text of a drawing is as large as the drawing is drawn.
      const svg = element.closest('svg');
      const drawnIn = svg?.viewBox.baseVal?.width;
      if (svg && drawnIn) size *= svg.getBoundingClientRect().width / drawnIn;
      if (size < least) found.push(`text of ${size.toFixed(1)} px: ${node.textContent!.trim().slice(0, 40)}`);
    }
    return [...new Set(found)];
  }, LEAST_TEXT_PX);
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const {axe} = globalThis as unknown as {axe: {run(): Promise<{violations: Violation[]}>}};
    interface Violation {
      id: string;
      nodes: {html: string; failureSummary: string}[];
    }
    return (await axe.run()).violations.map(
      ({id, nodes}) => `axe ${id}, ${nodes.length} times: ${nodes[0]!.html.slice(0, 200)} ${nodes[0]!.failureSummary}`,
    );
  });
  return [...faults, ...violations];
}

/** Takes on each look, checks it and leaves a screenshot of it. */
async function checkLooks(page: Page, name: string): Promise<void> {
  for (const {width, scheme} of looks) {
    await page.setViewportSize({width, height: 900});
    await page.emulateMedia({colorScheme: scheme});
    const label = `${name}-${width}-${scheme}`;
    expect([label, await faultsOf(page)]).toEqual([label, []]);
    await page.screenshot({path: join(SCREENSHOTS, `${label}.png`), fullPage: true});
  }
}

test('the page, before and after a run', async () => {
  const page = await site.open(
    '?ops=softmax&shapes=64x1000&backends=cpu,wasm&peers=stock,textbook&seconds=0.05&more=3x17',
  );
  await page.click('#settings > summary');
  await checkLooks(page, 'page-before');
  await page.click('#settings > summary');
  await page.click('#run');
  await page.waitForSelector('#charts svg');
  await page.waitForSelector('#run:enabled');
  await page.selectOption('#compare select', {index: 2});
  await page.waitForSelector('#compare table');
  await checkLooks(page, 'page');
  await page.context().close();
});

test('a report', async () => {
  const page = await (await site.browser.newContext()).newPage();
  await page.goto(pathToFileURL(join(SCREENSHOTS, 'report.html')).href);
  await page.waitForSelector('#charts svg');
  await page.locator('details').first().locator('summary').click();
  await checkLooks(page, 'report');
  await page.context().close();
});

test('the chart of the README, light and dark, has text that a phone shows large enough', () => {
  for (const scheme of ['light', 'dark']) {
    const svg = readFileSync(`docs/figures/speed-${scheme}.svg`, 'utf8');
    const [, width] = /viewBox="0 0 (\d+) /.exec(svg)!;
    for (const [, size] of svg.matchAll(/font-size="(\d+)"/g)) {
      expect((Number(size) * 390) / Math.max(Number(width), 390)).toBeGreaterThanOrEqual(10.5);
    }
  }
});
