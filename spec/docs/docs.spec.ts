import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {codeBlocks, describeCodeBlocks, run} from './code_blocks';
import {RepositoryCopy} from './repository_copy';

/** The pages in docs/: what stands there as code runs. */

describe.each([
  'choosing-a-backend',
  'drop-in',
  'layers',
  'accuracy',
  'special-values',
  'how-the-kernels-work',
  'checking-gradients',
  'sampling',
  'linear-cross-entropy',
  'threads',
])('docs/%s.md', (page) => {
  describeCodeBlocks(`docs/${page}.md`);
});

test('the recipe of docs/checking-gradients.md is a test that jest runs, with the built package', async () => {
  const folder = resolve('.cache/code_blocks/recipe');
  mkdirSync(folder, {recursive: true});
  const recipe = codeBlocks('docs/checking-gradients.md').find(({language}) => language === 'ts')!;
  writeFileSync(join(folder, 'loss.spec.ts'), recipe.code);
  const config = {
    rootDir: folder,
    testMatch: ['**/*.spec.ts'],
    transform: {'\\.ts$': [resolve('node_modules/@swc/jest'), {module: {type: 'commonjs'}}]},
    moduleNameMapper: {'^tfjs-softmax$': resolve('dist/index.cjs')},
  };
  const {exitCode, stderr} = await run(process.execPath, [
    'node_modules/jest/bin/jest.js',
    '--config',
    JSON.stringify(config),
  ]);
  if (exitCode !== 0) throw new Error(stderr);
  expect(stderr).toContain('Tests:       1 passed, 1 total');
});

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'benchmarks/README.md'],
  ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

/** What GitHub makes of headings, to be linked to. */
function anchorsOf(markdown: string): string[] {
  const headings = markdown.matchAll(/^#+ (.*)$/gm);
  return Array.from(headings, ([, text]) =>
    text!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(page, 'utf8');

  test('its links lead somewhere', () => {
    const broken = Array.from(text.matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g)).filter(([, file, anchor]) => {
      const target = file ? join(dirname(page), file) : page;
      return !existsSync(target) || (anchor && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  test('its commands are there', () => {
    const {scripts} = JSON.parse(readFileSync('package.json', 'utf8'));
    const added = codeBlocks(page).flatMap(({code}) => /^\/\/ (spec\/\S+)/.exec(code)?.[1] ?? []);
    const missing = [
      ...Array.from(text.matchAll(/npm run ([\w:-]+)/g), ([, name]) => (scripts[name!] ? '' : `npm run ${name}`)),
      ...Array.from(text.matchAll(/(?:npx (?:jest|tsx) | )((?:spec|benchmarks|scripts)\/[\w/]+\.ts)/g), ([, file]) => {
        return existsSync(file!) || added.includes(file!) ? '' : file!;
      }),
    ].filter(Boolean);
    expect(missing).toEqual([]);
  });
});

test('CHANGELOG.md keeps its form', () => {
  const headings = Array.from(readFileSync('CHANGELOG.md', 'utf8').matchAll(/^##+ .*$/gm), ([line]) => line);
  expect(headings[0]).toMatch(/^## /);
  const form =
    /^(## \[(Unreleased\]|\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d)$|### (Added|Changed|Deprecated|Removed|Fixed|Security)$)/;
  for (const heading of headings) expect(heading).toMatch(form);
});

test('CONTRIBUTING.md breaks a line that is there, and adds one that fits', () => {
  const {code} = codeBlocks('CONTRIBUTING.md')[0]!;
  expect(readFileSync('backends/engines/javascript/forward.ts', 'utf8')).toMatch(
    / {2}return Math\.log1p\(others\);\n}\n$/,
  );
  expect(code).toMatch(/^rows\('three near classes', 64, 3, .*\),\n$/);
  expect(readFileSync('spec/cases/logits.ts', 'utf8')).toMatch(/^ {2}rows\('two near classes', 64, 2, .*\),$/m);
});

/**
 * Pages that change the repository: their steps are taken in a copy of it, and the tests that they add are run there. Beside
 * the tests and the oracle no more files change than these.
 */
const STEPS = [
  {
    page: 'docs/adding-a-backend.md',
    spec: 'spec/toy.spec.ts',
    sources: ['backends/toy/index.ts', 'backends/registry.ts'],
  },
  {
    page: 'docs/adding-an-op.md',
    spec: 'spec/gini_impurity.spec.ts',
    sources: ['kernels/gini_impurity.ts', 'kernels/table.ts', 'index.ts'],
  },
];

describe('pages that change the repository', () => {
  let copy: RepositoryCopy;
  const touched = new Map<string, string[]>();
  beforeAll(() => {
    copy = new RepositoryCopy();
    for (const {page} of STEPS) touched.set(page, copy.follow(page));
  });
  afterAll(() => copy.remove());

  test.each(STEPS)('$page changes as few files as it can', ({page, sources}) => {
    const isForTests = (file: string) => file.startsWith('spec/') || file === 'kernels/reference.ts';
    expect(touched.get(page)!.filter((file) => !isForTests(file))).toEqual(sources);
  });

  test('a backend is one line outside its own folder', () => {
    const diffs = codeBlocks('docs/adding-a-backend.md').filter(({language}) => language === 'diff');
    expect(diffs.flatMap(({code}) => code.match(/^[+-](?!\+\+ ).*$/gm))).toHaveLength(1);
  });

  test.each(STEPS)('$page says which test to run', ({page, spec}) => {
    expect(readFileSync(page, 'utf8')).toContain(`\n    npx jest ${spec}\n`);
    expect(codeBlocks(page).some(({code}) => code.startsWith(`// ${spec}\n`))).toBe(true);
  });

  test('what they add has the right types', async () => {
    expect(await copy.checkTypes()).toMatchObject({exitCode: 0, stdout: ''});
  });

  test('the tests that they add pass, and fuzzing takes the op up', async () => {
    const specs = [...STEPS.map(({spec}) => spec), 'spec/fuzz/fuzz.spec.ts'];
    const {exitCode, stderr} = await copy.jest(['-i', ...specs], {TFJS_SOFTMAX_FUZZ_RUNS: '2000'});
    if (exitCode !== 0) throw new Error(stderr);
    for (const spec of specs) expect(stderr).toContain(`PASS ${spec}`);
  }, 600_000);
});
