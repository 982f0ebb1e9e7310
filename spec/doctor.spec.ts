import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';

/** The command as it is built: `npx tfjs-softmax`. */

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const CLI = resolve(manifest.bin['tfjs-softmax']);

function run(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((done) => {
    execFile(process.execPath, [CLI, ...args], {env: {...process.env, ...env}}, (error, stdout, stderr) =>
      done({code: error ? Number(error.code) : 0, stdout, stderr}),
    );
  });
}

test('doctor says what passes, stars what it chose, and advises', async () => {
  const {code, stdout} = await run(['doctor']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/│ cpu +│ .*PASS/);
  expect(stdout).toMatch(/│ wasm +│ .*PASS/);
  expect(stdout.match(/│ \* │ (cpu|wasm)/g)).toHaveLength(1);
  expect(stdout).toMatch(/\n(cpu|wasm): the fastest, as measured\./);
  expect(stdout).toContain('To get a faster one');
});

test('doctor --json is JSON, for bug reports', async () => {
  const {code, stdout} = await run(['doctor', '--json'], {TFJS_SOFTMAX_BACKEND: 'cpu'});
  expect(code).toBe(0);
  const {report, selection, packages, failure, advice} = JSON.parse(stdout);
  expect(report.versions['tfjs-softmax']).toBe(manifest.version);
  expect(report.machine.wasm.simd).toBe(true);
  expect(selection).toMatchObject({backend: 'cpu', why: 'asked for by the environment variable TFJS_SOFTMAX_BACKEND'});
  expect(packages.find(({backend}: {backend: string}) => backend === 'wasm').problem).toBeNull();
  expect(failure).toBeNull();
  expect(advice.length).toBeGreaterThan(0);
});

test('a choice that cannot run makes it fail, with what can', async () => {
  const {code, stdout} = await run(['doctor'], {TFJS_SOFTMAX_BACKEND: 'webgl'});
  expect(code).toBe(1);
  expect(stdout).toContain('webgl, which the environment variable TFJS_SOFTMAX_BACKEND asks for, cannot run');
  expect(stdout).toContain('Can run: cpu, wasm');
});

test('anything else shows how it is used', async () => {
  expect(await run(['--help'])).toMatchObject({code: 0, stdout: expect.stringContaining('Usage: npx tfjs-softmax')});
  const outcomes = await Promise.all([run([]), run(['nurse']), run(['doctor', '--xml'])]);
  for (const {code, stderr} of outcomes) {
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: npx tfjs-softmax');
  }
  expect(outcomes[1]!.stderr).toContain('there is no command nurse');
});

test('the package depends on nothing but its peer at run time', () => {
  expect(manifest.dependencies).toBeUndefined();
  expect(Object.keys(manifest.peerDependencies)).toEqual(['@tensorflow/tfjs-core']);
  const imports = readFileSync(CLI, 'utf8').matchAll(/(?:from|import|require)\s*\(?\s*["']([^"'./][^"']*)["']/g);
  const outside = [...new Set([...imports].map(([, name]) => name!))].filter((name) => !isBuiltin(name));
  // playwright-core is asked for only by `bench --browser`, which is for a checkout and says so elsewhere.
  expect(outside.sort()).toEqual(['@tensorflow/tfjs-core', 'playwright-core', 'tfjs-softmax']);
  expect(readFileSync(CLI, 'utf8')).not.toMatch(/^import .*playwright-core/m);
});

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || ['readline', 'events', 'tty', 'util', 'os', 'stream'].includes(name);
}
