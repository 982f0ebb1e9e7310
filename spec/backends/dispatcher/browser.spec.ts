import {type BrowserPage, open} from '../../hosts/browser';
import type {Functions} from '../../pages/dispatcher';

/** In Chromium with WebGL on SwiftShader, which tfjs would take for a GPU. */

const WORKLOADS = {
  classifier: {op: 'softmax', shape: [64, 1000]},
  attention: {op: 'softmax', shape: [4, 128, 128]},
  vocabulary: {op: 'logSoftmax', shape: [1, 50257]},
  tiny: {op: 'softmax', shape: [1, 4]},
} as const;

describe.each([false, true])('cross-origin isolated: %s', (crossOriginIsolated) => {
  let page: BrowserPage<Functions>;
  beforeAll(async () => {
    page = await open<Functions>({entry: 'spec/pages/dispatcher.ts', crossOriginIsolated});
  });
  afterAll(() => page.close());

  test('estimated before anything has started, webgl is not selected', async () => {
    for (const workload of Object.values(WORKLOADS)) {
      const {ranking} = await page.run('rank', {workload, options: {}});
      expect(ranking.candidates.map(({backend}) => backend).sort()).toEqual(['cpu', 'wasm', 'webgl']);
      expect(ranking.candidates.at(-1)).toMatchObject({backend: 'webgl', out: null, software: true});
    }
    const {selection, active} = await page.run('select', {workload: WORKLOADS.classifier, options: {}});
    expect(active).toBe(selection.backend);
    expect(active).not.toBe('webgl');
  });

  test('nor is it when it has the data, or when it is measured', async () => {
    await page.run('activate', 'webgl');
    const {ranking, before, after} = await page.run('rank', {
      workload: WORKLOADS.classifier,
      options: {mode: 'measure', budgetMs: 20_000},
    });
    expect(after).toEqual(before);
    expect(before[0]).toBe('webgl');
    expect(ranking.best).not.toBe('webgl');
    expect(ranking.candidates.map(({out}) => out)).toEqual([null, null, null]);
    expect(ranking.candidates.map(({parts}) => parts[0]!.source)).toEqual(['measured', 'measured', 'measured']);
    const webgl = ranking.candidates.find(({backend}) => backend === 'webgl')!;
    expect(webgl.ms).toBeGreaterThan(ranking.candidates[0]!.ms!);
    expect((await page.run('select', {workload: WORKLOADS.classifier, options: {}})).active).not.toBe('webgl');
  });

  test('the report says what the GPU is', async () => {
    const {report, leaked} = await page.run('report', undefined);
    expect(leaked).toBe(0);
    expect(report.machine).toMatchObject({
      runtime: expect.stringMatching(/^Chrome \d+$/),
      crossOriginIsolated,
      gpu: {renderer: expect.stringContaining('SwiftShader'), software: true, webglVersion: 2, float32: true},
      wasm: {simd: true, relaxedSimd: true, threads: crossOriginIsolated},
    });
    expect(report.machine.gpu!.maxTextureSize).toBeGreaterThanOrEqual(4096);
    expect(report.machine.timerResolutionMs).toBeGreaterThan(crossOriginIsolated ? 0.004 : 0.09);
    for (const entry of report.backends) expect(entry).toMatchObject({started: true, check: 'PASS', problem: null});
    expect(report.backends.find(({name}) => name === 'webgl')!.softwareGpu).toBe(true);
  });

  test('what was measured is remembered in localStorage', async () => {
    const workload = WORKLOADS.tiny;
    await page.run('rank', {workload, options: {mode: 'measure', remember: 'localStorage', budgetMs: 20_000}});
    const {sources, wisdom} = await page.run('remembered', {workload});
    expect(sources).toEqual(['remembered', 'remembered', 'remembered']);
    expect(JSON.parse(wisdom).hardware).toContain('SwiftShader');
  });

  // The last test: a backend that was found faulty is out of rankings. What reports have left in textures is right no more.
  test('the self-check finds a fault in any program of webgl', async () => {
    const {programs, wrong} = await page.run('plant', crossOriginIsolated ? 'zeros' : 'nothing');
    expect(wrong).toEqual([]);
    expect(programs.length).toBeGreaterThan(40);
  });
});
