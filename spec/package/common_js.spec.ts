import {execFileSync} from 'node:child_process';
import {runInNewContext} from 'node:vm';

/** In Node itself: jest takes no ES module. @returns CommonJS, or the message of an error */
function written(code: string): string {
  const program = `
    import {asCommonJs} from './scripts/common_js.mjs';
    try {
      console.log(JSON.stringify(asCommonJs(${JSON.stringify(code)})));
    } catch (error) {
      console.log(JSON.stringify(error.message));
    }
  `;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], {encoding: 'utf8'}));
}

test('an ES module as CommonJS: imports and exports are other text, which does the same, and the rest is the same', async () => {
  const body = `const d='\\n import"./x.js"';function e(){return[a,b.two,d]}const f=()=>Promise.all([`;
  const commonJs = written(
    `import{one as a}from"./x.js";import*as b from"y";import"./z.js";${body}import("./x.js"),import("y")]);` +
      'export{e,f as g};export{one as h}from"./x.js";',
  );
  expect(commonJs).toContain(body);
  expect(commonJs).toContain('import("y")');
  const files: Record<string, object> = {'./x.js': {one: 1}, './z.js': {}, y: {two: 2}};
  const required: string[] = [];
  const require = (name: string) => {
    required.push(name);
    return files[name];
  };
  const exports: Record<string, unknown> = {};
  runInNewContext(commonJs.replace('import("y")', '3'), {require, exports, Promise});
  expect(required).toEqual(['./x.js', 'y', './z.js', './x.js']);
  expect(Object.keys(exports)).toEqual(['e', 'g', 'h']);
  expect([...(exports.e as () => unknown[])()]).toEqual([1, 2, '\n import"./x.js"']);
  expect(exports.h).toBe(1);
  expect(await (exports.g as () => Promise<unknown>)()).toEqual([{one: 1}, 3]);
});

test.each([
  ['let a=1;export{a as b}', 'a module exports a variable, b'],
  ['export default 1', 'ExportDefaultDeclaration'],
  ['import a from"./x.js"', 'ImportDefaultSpecifier of ./x.js'],
  ['const a=import.meta.url', 'CommonJS has no import.meta'],
])('%s: %s', (code, message) => {
  expect(written(code)).toContain(message);
});
