import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Report} from '../../benchmarks/suite/report';

const folder = mkdtempSync(join(tmpdir(), 'tfjs-softmax-bench-'));
afterAll(() => rmSync(folder, {recursive: true}));

const ARGS = ['--backend', 'cpu', '--backend', 'wasm', '--shape', '3x40', '--output', folder];

function start(...args: string[]): {child: ChildProcess; ended: Promise<{code: number | null; output: string}>} {
  const child = spawn(process.execPath, ['dist/cli/main.js', 'bench', ...ARGS, ...args]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  return {child, ended: new Promise((resolve) => child.on('close', (code) => resolve({code, output})))};
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('npx tfjs-softmax bench', () => {
  it('times ops, checks them, and writes three reports that say the same', async () => {
    const {code, output} = await start('--seconds', '0.05', '--op', 'logSumExp', '--op', 'gradLogSoftmax').ended;
    expect([code, output]).toEqual([0, expect.stringContaining('Written to')]);
    const report = JSON.parse(read('report.json')) as Report;
    expect(report).toMatchObject({complete: true, plan: {backends: ['cpu', 'wasm']}});
    expect(report.cases).toHaveLength(4);
    for (const {entries} of report.cases) {
      for (const {peer, fault, ratio} of entries.filter(({peer}) => ['ours', 'stock'].includes(peer))) {
        expect([peer, fault, ratio]).toEqual([peer, null, expect.any(Number)]);
      }
    }
    for (const text of [output, read('report.md'), read('report.html')]) {
      for (const part of [report.machine.date, report.machine.processor, 'uniform:10', 'gradLogSoftmax on wasm']) {
        expect(text).toContain(part);
      }
    }
    expect(read('report.html')).not.toMatch(/(src|href)="http/);
  });

  it('leaves a valid partial report on Ctrl-C', async () => {
    const {child, ended} = start('--seconds', '5');
    child.stdout!.on('data', (text) => {
      const isFirstTimed = /^1 of /m.test(String(text));
      if (isFirstTimed) child.kill('SIGINT');
    });
    const {code, output} = await ended;
    expect([code, output]).toEqual([0, expect.stringContaining('partial report')]);
    const report = JSON.parse(read('report.json')) as Report;
    expect(report.complete).toBe(false);
    expect(report.cases.length).toBeLessThan(10);
    expect(report.cases[0]!.entries.find(({peer}) => peer === 'ours')!.nsPerElement).toBeGreaterThan(0);
  });

  it('refuses what it cannot do before it times anything', async () => {
    for (const [args, message] of [
      [['--output', join(process.execPath, 'reports')], 'reports cannot be written there'],
      [['--seconds', '1e999'], '--seconds is 1e999; it must be a number of seconds above 0'],
      [['--logits', 'masked:2'], 'masked:2 is no distribution of logits'],
    ] as const) {
      const child = spawn(process.execPath, ['dist/cli/main.js', 'bench', '--backend', 'cpu', ...args]);
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (text) => (stdout += text));
      child.stderr.on('data', (text) => (stderr += text));
      const code = await new Promise((resolve) => child.on('close', resolve));
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(message);
    }
  });

  it('lists the backends and libraries that are missing, with the reason', async () => {
    const {code, output} = await start('--seconds', '0.01', '--op', 'softmax').ended;
    expect([code, output]).toEqual([0, expect.stringContaining('Written to')]);
    const {missing, cases} = JSON.parse(read('report.json')) as Report;
    // What several lack is said once.
    const notices = output.split('\n').filter((line) => line.startsWith('Missing: '));
    for (const {name} of missing) expect(notices).toContainEqual(expect.stringContaining(name));
    for (const notice of notices) expect(notice).toMatch(/npm (install|run) /);
    const timed = cases.flatMap(({entries}) => entries.map(({peer}) => peer));
    for (const name of ['onnxruntime-web', 'onnxruntime-node']) {
      expect(timed.includes(name) || missing.some((one) => one.name === name)).toBe(true);
    }
  });
});
