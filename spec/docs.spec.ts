import {readFileSync} from 'node:fs';
import {codeBlocks, describeCodeBlocks} from './code_blocks';
import {RepositoryCopy} from './repository_copy';

/** The pages in docs/ and the README's block on choosing a backend: what stands there as code runs. */

describe('README.md', () => {
  describeCodeBlocks('README.md', 'Choosing a backend');
});

describe.each(['choosing-a-backend', 'accuracy', 'special-values', 'how-the-kernels-work'])('docs/%s.md', (page) => {
  describeCodeBlocks(`docs/${page}.md`);
});

/** Pages that change the repository: their steps are taken in a copy of it, and the tests that they add are run there. */
const STEPS = [
  {page: 'docs/adding-a-backend.md', spec: 'spec/toy.spec.ts'},
  {page: 'docs/adding-an-op.md', spec: 'spec/softmax_entropy.spec.ts'},
];

describe('pages that change the repository', () => {
  let copy: RepositoryCopy;
  beforeAll(() => {
    copy = new RepositoryCopy();
    for (const {page} of STEPS) copy.follow(page);
  });
  afterAll(() => copy.remove());

  test.each(STEPS)('$page says which test to run', ({page, spec}) => {
    expect(readFileSync(page, 'utf8')).toContain(`\n    npx jest ${spec}\n`);
    expect(codeBlocks(page).some(({code}) => code.startsWith(`// ${spec}\n`))).toBe(true);
  });

  test('what they add has the right types', async () => {
    expect(await copy.checkTypes()).toMatchObject({exitCode: 0, stdout: ''});
  });

  test('the tests that they add pass', async () => {
    const {exitCode, stderr} = await copy.jest(['-i', ...STEPS.map(({spec}) => spec)]);
    if (exitCode !== 0) throw new Error(stderr);
    for (const {spec} of STEPS) expect(stderr).toContain(`PASS ${spec}`);
  });
});
