import '@tensorflow/tfjs-backend-cpu';
import {type ChildProcess, execFileSync, fork} from 'node:child_process';
import * as fs from 'node:fs';
import {createServer, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {basename, join, resolve as pathOf} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {wisdomFile} from '../../../backends/dispatcher/wisdom_file';
import {LONGEST_WISDOM} from '../../../backends/dispatcher/wisdom_schema';
import {hasRelaxedSimd} from '../../../backends/engines/wasm/features';
import {exportWisdom, forgetWisdom, importWisdom, rankBackends, selectBackend} from '../../../index';
import {registerFake, SimulatedClock} from '../../hosts/fakes';
import type {Functions} from '../../hosts/wisdom_process';

const clock = new SimulatedClock(0.1);
const TASK = {op: 'softmax', shape: [64, 10]} as const;
const MEASURED = {mode: 'measure', candidates: ['fake'], clock: clock.now} as const;
const ESTIMATED = {candidates: ['fake']};

let kernels = 0;
let folder: string;
let file: string;
/** Wisdom of rows that no test measures. */
let wisdom: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  registerFake('fake', {
    onKernel: () => {
      kernels++;
      clock.pass(1);
    },
  });
  await rankBackends({op: 'logSoftmax', shape: [2, 3]}, MEASURED);
  wisdom = exportWisdom();
});
beforeEach(() => {
  forgetWisdom();
  kernels = 0;
  folder = fs.mkdtempSync(join(tmpdir(), 'wisdom-'));
  file = join(folder, 'wisdom.json');
});
afterEach(() => fs.rmSync(folder, {recursive: true}));

/** Another spec of this process may have switched relaxed SIMD on. Wisdom is for machines that have the same. */
const flags = hasRelaxedSimd() ? ['--experimental-wasm-relaxed-simd'] : [];

/** Processes that stand by, so that no test waits for one to start. */
const processes: ChildProcess[] = [];
beforeAll(() => {
  for (let i = 0; i < 3; i++) {
    processes.push(
      fork(pathOf('spec/hosts/wisdom_process.ts'), {execArgv: [...flags, '--import', 'tsx'], stdio: 'inherit'}),
    );
  }
});
afterAll(() => {
  for (const child of processes) child.disconnect();
});

function call<K extends keyof Functions>(i: number, name: K, argument: Parameters<Functions[K]>[0]) {
  return new Promise<Awaited<ReturnType<Functions[K]>>>((resolve, reject) => {
    const died = (code: number | null) => reject(new Error(`process ${i} ended with ${code}`));
    processes[i]!.once('exit', died);
    processes[i]!.once('message', (result) => {
      processes[i]!.off('exit', died);
      resolve(result as Awaited<ReturnType<Functions[K]>>);
    });
    processes[i]!.send({name, argument});
  });
}

const SHAPES = [
  [1, 8],
  [1, 64],
  [1, 512],
];

const rowsIn = (text: string): string[] =>
  JSON.parse(text).entries.map(({op, rows}: {op: string; rows: string}) => `${op} ${rows}`);

/** Everything in the folder, links and special files too: kind and mode, and the bytes of files. */
function everything(): Record<string, string> {
  const names = fs.readdirSync(folder, {recursive: true}) as string[];
  const states = names.sort().map((name) => {
    const path = join(folder, name);
    const {mode, ino, rdev} = fs.lstatSync(path);
    const isFile = fs.lstatSync(path).isFile();
    return [name, `${mode.toString(8)} ${ino} ${rdev} ${isFile ? fs.readFileSync(path, 'latin1').slice(0, 1000) : ''}`];
  });
  return Object.fromEntries(states);
}

let server: Server | undefined;
afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  server = undefined;
});

/** What is at the path that is to remember; the path, if not the file's. */
const REFUSED: Record<string, {make: () => unknown; because: string}> = {
  'a text': {make: () => fs.writeFileSync(file, 'my diary\n'), because: 'a file with something else than wisdom'},
  'white space': {make: () => fs.writeFileSync(file, '\n'), because: 'a file with something else than wisdom'},
  'other JSON': {make: () => fs.writeFileSync(file, '{"format": "mine"}'), because: 'something else than wisdom'},
  'damaged wisdom': {
    make: () => fs.writeFileSync(file, wisdom.slice(0, -40)),
    because: 'a file with something else than wisdom',
  },
  'a file too large': {
    make: () => fs.writeFileSync(file, `${wisdom}${' '.repeat(LONGEST_WISDOM)}`),
    because: 'too large for wisdom',
  },
  'a folder': {make: () => fs.mkdirSync(file), because: 'a folder'},
  'a folder with files': {
    make: () => {
      fs.mkdirSync(file);
      fs.writeFileSync(join(file, 'mine'), wisdom);
    },
    because: 'a folder',
  },
  'a named pipe': {make: () => execFileSync('mkfifo', [file]), because: 'a named pipe'},
  'a socket': {
    make: () => new Promise<void>((resolve) => (server = createServer().listen(file, resolve))),
    because: 'a socket',
  },
  'a link to a device': {make: () => fs.symlinkSync('/dev/null', file), because: 'a device'},
  'a link to a text': {
    make: () => {
      fs.writeFileSync(join(folder, 'diary'), 'my diary\n');
      fs.symlinkSync('diary', file);
    },
    because: 'a file with something else than wisdom',
  },
  'a link to nothing': {
    make: () => fs.symlinkSync(join(folder, 'planted'), file),
    because: 'a symbolic link to nothing',
  },
  ...(process.platform === 'linux' && {
    'a link to a file of the kernel': {
      make: () => fs.symlinkSync('/proc/version', file),
      because: 'a file whose size changes',
    },
  }),
};

describe.each(Object.entries(REFUSED))('%s', (_, {make, because}) => {
  beforeEach(async () => {
    await make();
  });

  test.each([1, 3])('is refused before anything is measured, and left as it was: %i processes', async (count) => {
    const before = everything();
    const outcomes = await Promise.all(
      SHAPES.slice(0, count).map((shape, i) => call(i, 'measure', {path: file, shape})),
    );
    for (const {error, kernels} of outcomes) {
      expect(error).toMatch(`remember is '${file}': it is ${because.startsWith('a') ? because : ''}`);
      expect(error).toMatch(/, and must be a file with wisdom of this package, an empty one or none; it is left as it/);
      expect(error).toContain(because);
      expect(kernels).toBe(0);
    }
    expect(everything()).toEqual(before);
  });

  test('is said not to be used where nothing is to be written', async () => {
    const before = everything();
    const {notes} = await rankBackends(TASK, {...ESTIMATED, remember: file});
    expect(notes).toEqual([expect.stringContaining(`wisdom in ${file} is not used: it is`)]);
    expect(notes[0]).toContain(because);
    await expect(selectBackend(TASK, {...MEASURED, remember: file})).rejects.toThrow(because);
    expect(tf.getBackend()).toBe('cpu');
    expect(everything()).toEqual(before);
  });
});

const OLD = () => wisdom.replace(/"tfjs-softmax": "[^"]*"/, '"tfjs-softmax": "0.0.1"');
const LATER = () => wisdom.replace('wisdom, version 2', 'wisdom, version 7');

/** Where wisdom is written, and whether what was there is taken over. */
const KEPT: Record<string, {make: () => void; mode?: number; takes?: boolean; link?: boolean}> = {
  nothing: {make: () => {}},
  'an empty file': {make: () => fs.writeFileSync(file, '', {mode: 0o640}), mode: 0o640},
  wisdom: {make: () => fs.writeFileSync(file, wisdom), takes: true},
  'wisdom that only its owner may read': {
    make: () => fs.writeFileSync(file, wisdom, {mode: 0o600}),
    mode: 0o600,
    takes: true,
  },
  'wisdom of an older version': {make: () => fs.writeFileSync(file, OLD(), {mode: 0o666}), mode: 0o644},
  'wisdom of a later format': {make: () => fs.writeFileSync(file, LATER())},
  'a link to wisdom': {
    make: () => {
      fs.mkdirSync(join(folder, 'elsewhere'));
      fs.writeFileSync(join(folder, 'elsewhere', 'wisdom'), wisdom, {mode: 0o600});
      fs.symlinkSync(join('elsewhere', 'wisdom'), file);
    },
    ...{mode: 0o600, takes: true, link: true},
  },
  'a link to an older version': {
    make: () => {
      fs.writeFileSync(join(folder, 'old'), OLD());
      fs.symlinkSync('old', file);
    },
    link: true,
  },
};

describe.each(Object.entries(KEPT))('%s', (_, {make, mode, takes, link}) => {
  test.each([1, 3])('is replaced by wisdom of %i processes, with what it had', async (count) => {
    make();
    const before = Object.keys(everything());
    const shapes = SHAPES.slice(0, count);
    const outcomes = await Promise.all(shapes.map((shape, i) => call(i, 'measure', {path: file, shape})));
    for (const {error, kernels, notes} of outcomes) {
      expect([error, notes.filter((note) => !note.includes('is not used: importWisdom: '))]).toEqual([null, []]);
      expect(kernels).toBeGreaterThan(0);
    }
    const measured = shapes.map(([outer, n]) => `softmax ${outer} x ${n} x 1`);
    expect(rowsIn(fs.readFileSync(file, 'utf8')).sort()).toEqual(
      [...(takes ? rowsIn(wisdom) : []), ...measured].sort(),
    );
    expect(Object.keys(everything())).toEqual([...new Set([...before, 'wisdom.json'])].sort());
    expect(fs.lstatSync(file).isSymbolicLink()).toBe(link ?? false);
    expect((fs.statSync(file).mode & 0o777).toString(8)).toBe((mode ?? 0o666 & ~process.umask()).toString(8));
  });
});

test('a new text is readable by nobody else on its way, where the old one was not', async () => {
  fs.writeFileSync(file, wisdom, {mode: 0o600});
  const open = jest.spyOn(process.getBuiltinModule('node:fs'), 'openSync');
  await wisdomFile(file).replace(() => wisdom);
  const modes = open.mock.calls.filter(([, flags]) => flags === 'wx').map(([, , mode]) => mode);
  open.mockRestore();
  expect(modes).toEqual([0o600]);
});

test('who loses the lock while writing changes nothing, and leaves the lock to its holder', async () => {
  fs.writeFileSync(file, wisdom);
  const lock = join(folder, '.tfjs-softmax-lock-wisdom.json');
  const takenOver = () => {
    fs.renameSync(lock, `${lock} of others`);
    fs.mkdirSync(lock);
    return LATER();
  };
  await expect(wisdomFile(file).replace(takenOver)).rejects.toThrow('another process took over the lock');
  expect(fs.readFileSync(file, 'utf8')).toBe(wisdom);
  expect(fs.readdirSync(folder).sort()).toEqual([basename(lock), `${basename(lock)} of others`, 'wisdom.json']);
});

test('of a thousand concurrent writes none is lost, and nobody reads half a file', async () => {
  const each = 334;
  const rowsOf = (i: number) =>
    Array.from({length: each}, (_, k): [number, number, number] => [2 ** (k % 20), 2 ** Math.floor(k / 20), 2 ** i]);
  let done = false;
  let reads = 0;
  const read = async () => {
    while (!done) {
      if (fs.existsSync(file)) {
        importWisdom(fs.readFileSync(file, 'utf8'));
        reads++;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const reading = read();
  const keeping = Promise.all(processes.map((_, i) => call(i, 'keep', {path: file, rows: rowsOf(i)})));
  const problems = await keeping.finally(() => {
    done = true;
  });
  await reading;
  expect(problems).toEqual([[], [], []]);
  expect(new Set(rowsIn(fs.readFileSync(file, 'utf8'))).size).toBe(3 * each);
  expect(reads).toBeGreaterThan(10);
  expect(fs.readdirSync(folder)).toEqual(['wisdom.json']);
});

test('the writer that comes last has the last word on an entry, and keeps those of others', async () => {
  await call(0, 'keep', {path: file, rows: [[8, 2, 1]]});
  await rankBackends({op: 'softmax', shape: [8, 2]}, {...MEASURED, remember: file});
  await call(1, 'keep', {path: file, rows: [[4, 2, 1]]});
  const {entries} = JSON.parse(fs.readFileSync(file, 'utf8'));
  expect(entries).toMatchObject([
    {rows: '8 x 2 x 1', backends: {fake: {median: expect.any(Number)}}},
    {rows: '4 x 2 x 1', backends: {fake: {median: 1e6}}},
  ]);
  expect(entries[0].backends.fake.median).toBeLessThan(1e6);
});

test('what was measured is there in the next process', async () => {
  await selectBackend(TASK, {...MEASURED, remember: file});
  expect(fs.readFileSync(file, 'utf8')).toBe(exportWisdom());
  forgetWisdom();
  kernels = 0;
  const selection = await selectBackend(TASK, {...MEASURED, remember: file});
  expect(selection).toMatchObject({backend: 'fake', notes: []});
  expect(selection.candidates[0]!.parts[0]!.source).toBe('remembered');
  expect(kernels).toBe(0);
  await tf.setBackend('cpu');
});

test('a folder that is missing, a name too long: said, and nothing left behind', async () => {
  for (const [path, code] of [
    [join(folder, 'no', 'such', 'folder'), 'ENOENT'],
    [join(folder, 'x'.repeat(250)), 'ENAMETOOLONG'],
  ] as const) {
    const {notes, best} = await rankBackends(TASK, {...MEASURED, remember: path});
    expect(best).toBe('fake');
    expect(notes).toEqual([expect.stringMatching(`wisdom in .* is not kept: ${code}`)]);
  }
  expect(fs.readdirSync(folder)).toEqual([]);
});

describe('a step that fails leaves the old file and nothing else', () => {
  const steps = [
    'openSync',
    'writeFileSync',
    'fstatSync',
    'fchmodSync',
    'closeSync',
    'renameSync',
    'readSync',
  ] as const;
  test.each(steps)('%s', async (step) => {
    fs.writeFileSync(file, wisdom, {mode: 0o600});
    const before = everything();
    const real = process.getBuiltinModule('node:fs');
    const original = real[step] as (...args: unknown[]) => unknown;
    let calls = 0;
    const fails = jest.spyOn(real, step).mockImplementation(((...args: unknown[]) => {
      const isOfWriting = step === 'closeSync' || step === 'fstatSync' || step === 'openSync' ? ++calls > 2 : true;
      if (step === 'closeSync' && isOfWriting) original(...args);
      if (isOfWriting) throw new Error('no space left on device');
      return original(...args);
    }) as never);
    const {notes} = await rankBackends(TASK, {...MEASURED, remember: file});
    fails.mockRestore();
    expect(notes.at(-1)).toBe(`wisdom in ${file} is not kept: no space left on device`);
    expect(everything()).toEqual(before);
  });
});

test('a lock that a process left when it ended is taken away after a while; a living one is waited for', async () => {
  const lock = join(folder, '.tfjs-softmax-lock-wisdom.json');
  fs.mkdirSync(lock);
  const start = performance.now();
  const clockOfWaiting = jest.spyOn(performance, 'now').mockImplementation(() => start + 1e6 * process.uptime());
  try {
    const {notes} = await rankBackends(TASK, {...MEASURED, remember: file});
    expect(notes).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual(['wisdom.json']);

    // One that changes hands all the time.
    fs.mkdirSync(lock);
    const changing = setInterval(() => {
      fs.rmdirSync(lock);
      fs.mkdirSync(lock);
    }, 1);
    const patience = await rankBackends(TASK, {...MEASURED, remember: file});
    clearInterval(changing);
    expect(patience.notes).toEqual([expect.stringContaining('is not kept: other processes have held the lock')]);
    expect(fs.readdirSync(folder)).toEqual(['.tfjs-softmax-lock-wisdom.json', 'wisdom.json']);
  } finally {
    clockOfWaiting.mockRestore();
  }
});

test('wisdom that has outgrown what can be read again is not written', async () => {
  await rankBackends({op: 'softmax', shape: [1]}, MEASURED);
  const entry = JSON.parse(exportWisdom()).entries[0];
  const names = Array.from({length: 24}, (_, i) => `backend ${i}`);
  const backends = Object.fromEntries(names.map((name) => [name, entry.backends.fake]));
  const content = JSON.parse(wisdom);
  for (let inner = 1; inner <= 128; inner *= 2) {
    content.entries = Array.from({length: 256}, (_, k) => {
      const [outer, n] = [2 ** (k % 16), 2 ** Math.floor(k / 16)];
      return {op: 'softmax', rows: `${outer} x ${n} x ${inner}`, elements: outer * n * inner, backends};
    });
    importWisdom(JSON.stringify(content));
  }
  const {notes} = await rankBackends(TASK, {...MEASURED, remember: file});
  expect(notes).toEqual([expect.stringMatching(/is not kept: it has grown to \d+ characters, of at most 4194304/)]);
  expect(fs.readdirSync(folder)).toEqual([]);
});

test('localStorage, where there is none, is said to be missing; and where there is, as in a browser, it remembers', async () => {
  const without = await rankBackends(TASK, {...ESTIMATED, remember: 'localStorage'});
  expect(without.notes[0]).toBe('wisdom in localStorage is not used: there is no localStorage here');
  const items = new Map<string, string>();
  const localStorage = {
    getItem: (k: string) => items.get(k) ?? null,
    setItem: (k: string, v: string) => items.set(k, v),
  };
  Object.assign(globalThis, {localStorage});
  await rankBackends(TASK, {...MEASURED, remember: 'localStorage'});
  forgetWisdom();
  // As another page of the site would, meanwhile.
  items.set('tfjs-softmax wisdom', [...items.values()][0]!.replace('64 x 8 x 1', '64 x 16 x 1'));
  await rankBackends({op: 'softmax', shape: [8, 8]}, {...MEASURED, remember: 'localStorage'});
  expect(rowsIn([...items.values()][0]!)).toEqual(['softmax 64 x 16 x 1', 'softmax 8 x 8 x 1']);
  Reflect.deleteProperty(globalThis, 'localStorage');
});
