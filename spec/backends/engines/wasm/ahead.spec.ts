import type * as ModuleFile from '../../../../backends/engines/wasm/module';

/** Compiling before the first use, and what is said where that fails. */

const memory = () => new WebAssembly.Memory({initial: 1});
const fresh = async (): Promise<typeof ModuleFile> => {
  let file!: typeof ModuleFile;
  await jest.isolateModulesAsync(async () => {
    file = await import('../../../../backends/engines/wasm/module');
  });
  return file;
};

const {Module, compile} = WebAssembly;
afterEach(() => Object.assign(WebAssembly, {Module, compile}));

/** Counts what compiles at once, and lets the compiling in the background be waited for. */
function watch() {
  let atOnce = 0;
  let finish!: () => void;
  const inBackground = new Promise<void>((resolve) => {
    finish = resolve;
  });
  Object.assign(WebAssembly, {
    Module: class extends Module {
      constructor(bytes: BufferSource) {
        super(bytes);
        atOnce++;
      }
    },
    compile: async (bytes: BufferSource) => {
      const module = await compile(bytes);
      setTimeout(finish);
      return module;
    },
  });
  return {inBackground, atOnce: () => atOnce};
}

test('what is compiled ahead is not compiled again', async () => {
  const {compileAhead, kernelsOn} = await fresh();
  const {inBackground, atOnce} = watch();
  compileAhead(false);
  compileAhead(false);
  await inBackground;
  kernelsOn(memory());
  expect(atOnce()).toBe(0);
});

test.each([false, true])('shared memory: %s; what else can be done ahead follows', async (shared) => {
  const {compileAhead, kernelsOn} = await fresh();
  const {inBackground, atOnce} = watch();
  const done: string[] = [];
  compileAhead(shared, () => done.push('behind'));
  expect(done).toEqual([]);
  await inBackground;
  expect(done).toEqual(['behind']);
  compileAhead(shared, () => done.push('at once'));
  expect(done).toEqual(['behind', 'at once']);
  kernelsOn(new WebAssembly.Memory({initial: 1, maximum: 10, shared}));
  expect(atOnce()).toBe(0);
});

test('until it is compiled some thousand elements are worth waiting for, and no more', async () => {
  const {compileAhead, isWorthWaiting} = await fresh();
  const {inBackground} = watch();
  expect(isWorthWaiting(1, false)).toBe(false); // nobody compiles
  compileAhead(false);
  expect([isWorthWaiting(1000, false), isWorthWaiting(10_000, false)]).toEqual([true, true]);
  expect([isWorthWaiting(10_000, false), isWorthWaiting(1, false)]).toEqual([false, false]);
  await inBackground;
  expect(isWorthWaiting(0, false)).toBe(false);
});

test('whoever cannot wait compiles at once', async () => {
  const {compileAhead, compileNow, kernelsOn} = await fresh();
  const {inBackground, atOnce} = watch();
  compileAhead(false);
  kernelsOn(memory());
  compileNow();
  expect(atOnce()).toBe(1);
  await new Promise((resolve) => setTimeout(resolve));
  void inBackground; // not begun: it is there
  kernelsOn(memory());
  expect(atOnce()).toBe(1);
});

test('where it cannot be compiled, the console says so once, at the first use', async () => {
  const {compileNow, kernelsOn} = await fresh();
  Object.assign(WebAssembly, {
    Module: class {
      constructor() {
        throw new WebAssembly.CompileError('disallowed by embedder');
      }
    },
  });
  const info = jest.spyOn(console, 'info').mockImplementation(() => {});
  compileNow();
  expect(info).not.toHaveBeenCalled();
  for (let i = 0; i < 3; i++) expect(() => kernelsOn(memory())).toThrow('disallowed by embedder');
  expect(info.mock.calls).toEqual([[expect.stringContaining('WebAssembly could not be compiled here')]]);
  info.mockRestore();
});
