import {execFile} from 'node:child_process';
import {copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join, resolve} from 'node:path';
import {freshMemoryNotes} from '../../cli/fresh_memory';
import {asIssue} from '../../cli/issue';
import {findChromium} from '../hosts/chromium';

/** The command as it is built: `npx tfjs-softmax`. */

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const CLI = resolve(manifest.bin['tfjs-softmax']);

/** What Node runs as the command, in a folder with what its pages run. */
function commandFiles(): string[] {
  const folder = dirname(CLI);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.js') && !['page.js', 'peer.js', 'report.js'].includes(name))
    .map((name) => join(folder, name));
}

function run(args: string[], env: Record<string, string> = {}, program = CLI): Promise<Outcome> {
  return new Promise((done) => {
    execFile(process.execPath, [program, ...args], {env: {...process.env, ...env}}, (error, stdout, stderr) =>
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
  expect(stdout).toMatch(
    /\n(cpu|wasm): (the fastest, as measured|within 10 % of \w+, and the data are there), for softmax 64x1000 \+ .* alone\.\n/,
  );
  expect(stdout).toContain('selectBackend(() => model.predict(x))');
  expect(stdout).toContain('To get faster');
});

test('doctor --json is JSON, for programs', async () => {
  const {code, stdout} = await run(['doctor', '--json'], {TFJS_SOFTMAX_BACKEND: 'cpu'});
  expect(code).toBe(0);
  const {report, selection, packages, failure, advice} = JSON.parse(stdout);
  expect(report.versions['tfjs-softmax']).toBe(manifest.version);
  expect(report.machine.wasm.simd).toBe(true);
  expect(selection).toMatchObject({backend: 'cpu', why: 'asked for by the environment variable TFJS_SOFTMAX_BACKEND'});
  expect(packages.find(({backend}: {backend: string}) => backend === 'wasm')).toMatchObject({
    problem: null,
    cause: null,
  });
  expect(failure).toBeNull();
  expect(advice.length).toBeGreaterThan(0);
});

/** The cells of the Markdown table under a heading, without its two head lines. */
function cellsUnder(heading: string, markdown: string): string[][] {
  const section = markdown.split(/^#+ /m).find((text) => text.startsWith(heading))!;
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => {
    const cells = line.split(/(?<!\\)\|/).slice(1, -1);
    return cells.map((cell) => cell.trim());
  });
}

test('doctor --report is Markdown for an issue', async () => {
  const {code, stdout} = await run(['doctor', '--report'], {
    TFJS_SOFTMAX_BACKEND: '',
    TF_NUM_INTRAOP_THREADS: '2',
    NODE_OPTIONS: '--stack-trace-limit=20',
  });
  expect(code).toBe(0);
  expect(stdout).toContain(`- tfjs-softmax: ${manifest.version}\n- tfjs-core: 4.`);
  expect(stdout).toMatch(/^- @tensorflow\/tfjs-backend-wasm: 4\./m);
  expect(stdout).toContain(`- node: ${process.versions.node}\n`);
  expect(stdout).toMatch(/#### Hardware\n\nNode \d+, .* cores, WebAssembly: /);
  const backends = cellsUnder('Backends', stdout);
  for (const name of ['cpu', 'wasm']) {
    expect(backends).toContainEqual([
      name,
      expect.stringMatching(/^PASS, (\d+) of \1 variants$/),
      'own',
      expect.stringContaining('WebAssembly'),
    ]);
  }
  expect(stdout).toMatch(/^Chosen: \w+, (the fastest|as fast as)/m);
  expect(stdout).toMatch(/^- TF_NUM_INTRAOP_THREADS: 2$/m);
  expect(stdout).toMatch(/^- WASM_HAS_SIMD_SUPPORT: true$/m);
  expect(stdout).toMatch(/^- options of Node: --stack-trace-limit$/m); // its value may be private
  const measured = cellsUnder('Measured', stdout);
  expect(measured.length).toBeGreaterThan(0); // as many as there was time for
  expect(measured[0]!.slice(0, 2)).toEqual(['softmax', '64 x 1024 x 1']);
  for (const row of measured) for (const time of row.slice(2).filter(Boolean)) expect(Number(time)).toBeGreaterThan(0);
});

test('what fails stands in the report, and cannot break its tables', () => {
  const markdown = asIssue(
    {
      report: {
        versions: {'tfjs-softmax': '0.1.0', 'tfjs-core': '4.22.0'},
        active: null,
        machine: {} as never,
        backends: [
          {
            name: 'odd',
            kernels: 'composed',
            started: true,
            runs: 'something',
            softwareGpu: false,
            check: 'FAIL',
            variants: [
              {name: 'softmax', problem: null},
              {name: 'logSoftmax', problem: 'gives 1 | 2'},
            ],
            problem: 'gives 1 | 2\nof /home/someone/x',
          },
        ],
        notRegistered: [],
      },
      packages: [
        {name: 'a-package', backend: 'other', problem: 'does not load: no', cause: 'does not load', version: '1.2.3'},
      ],
      selection: null,
      failure: 'No candidate can run.',
      advice: [],
    },
    {
      versions: {node: '20.0.0'},
      nodeOptions: [],
      variables: {},
      flags: {},
      home: '/home/someone',
      wisdom: JSON.stringify({
        hardware: 'a machine',
        entries: [{op: 'softmax', rows: '1 x 4 x 1', elements: 4, backends: {odd: {failure: 'gives NaN'}}}],
      }),
    },
  );
  expect(cellsUnder('Backends', markdown)).toEqual([
    ['odd', 'FAIL, 1 of 2 variants', 'composed', 'gives 1 \\| 2 of ~/x'],
    ['other', 'none', '', 'does not load: no'],
  ]);
  expect(markdown).toContain('- a-package: 1.2.3\n');
  expect(markdown).toContain('Chosen: none. No candidate can run.');
  expect(markdown).toContain('- options of Node: none');
  expect(cellsUnder('Measured', markdown)).toEqual([['softmax', '1 x 4 x 1', 'gives NaN']]);
});

test('doctor --browser opens a page, and prints what it finds there', async () => {
  const {executablePath, env} = await findChromium();
  const {code, stdout, stderr} = await run(['doctor', '--browser', '--json'], {...env, CHROME_PATH: executablePath});
  expect(stderr).toMatch(/^http:\/\/localhost:\d+\/ in /);
  const {report, ranking} = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(report.machine).toMatchObject({runtime: expect.stringMatching(/^Chrome/), crossOriginIsolated: true});
  for (const name of ['cpu', 'wasm', 'webgl']) {
    expect(report.backends.find((entry: {name: string}) => entry.name === name)).toMatchObject({check: 'PASS'});
  }
  expect(['cpu', 'wasm']).toContain(ranking.best);
});

test('--version is that of the package', async () => {
  expect(await run(['--version'])).toEqual({code: 0, stdout: `${manifest.version}\n`, stderr: ''});
});

test('page faults of fresh memory are named where times spread as they do', () => {
  const part = (shape: number[], p80: number) => ({
    op: 'softmax',
    shape,
    timing: {median: 1, p20: 0.3, p80, samples: 45},
  });
  const parts = [part([64, 1000], 1.3), part([64, 1000], 0.4), part([8, 8], 9)];
  const notes = freshMemoryNotes({
    candidates: [
      {backend: 'cpu', parts},
      {backend: 'wasm', parts},
    ],
  } as never);
  expect(notes).toEqual([
    expect.stringMatching(
      /^cpu, softmax 64x1000: 0\.30 to 1\.3 ms\. Its result takes 250 KiB\. .* fresh memory .* takes [\d.e-]+ ms here/,
    ),
  ]);
});

test('a choice that cannot run makes it fail, with what can', async () => {
  const {code, stdout} = await run(['doctor'], {TFJS_SOFTMAX_BACKEND: 'webgl'});
  expect(code).toBe(1);
  expect(stdout).toContain('webgl, which the environment variable TFJS_SOFTMAX_BACKEND asks for, cannot run');
  expect(stdout).toContain('Can run: cpu, wasm');
});

test('anything else shows how it is used', async () => {
  expect(await run(['--help'])).toMatchObject({code: 0, stdout: expect.stringContaining('Usage: npx tfjs-softmax')});
  expect((await run(['--help'])).stdout).toContain('--report');
  const outcomes = await Promise.all([
    run([]),
    run(['nurse']),
    run(['doctor', '--xml']),
    run(['doctor', '--json', '--report']),
    run(['doctor', '--json', '--json']),
  ]);
  for (const {code, stderr} of outcomes) {
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: npx tfjs-softmax');
  }
  expect(outcomes[1]!.stderr).toContain('there is no command nurse');
  expect(outcomes[3]!.stderr).toContain('--json and --report exclude each other: give one');
  expect(outcomes[4]!.stderr).toContain('--json is given twice');
});

test('the package depends on nothing but its peer at run time', () => {
  expect(manifest.dependencies).toBeUndefined();
  const peers = Object.keys(manifest.peerDependencies);
  expect(peers.filter((name) => !manifest.peerDependenciesMeta[name]?.optional)).toEqual(['@tensorflow/tfjs-core']);
  const code = commandFiles()
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const imports = code.matchAll(/(?:from|import|require)\s*\(?\s*["']([^"'./][^"']*)["']/g);
  const outside = [...new Set([...imports].map(([, name]) => name!))].filter((name) => !isBuiltin(name));
  // The doctor's page imports tfjs's backends, each by its name put together.
  expect(outside.filter((name) => name !== '@tensorflow/tfjs-backend-').sort()).toEqual([
    '@tensorflow/tfjs-core',
    'tfjs-softmax',
  ]);
});

test('without tfjs-core the command starts, and says what is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-softmax-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    for (const file of commandFiles()) copyFileSync(file, join(folder, basename(file)));
    const {code, stderr} = await run(['doctor'], {}, join(folder, basename(CLI)));
    expect(stderr).toMatch(/^tfjs-softmax: @tensorflow\/tfjs-core is not installed here\. Run npm install/);
    expect(code).toBe(2);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || ['readline', 'events', 'tty', 'util', 'os', 'stream'].includes(name);
}
