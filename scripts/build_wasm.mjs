// Compiles backends/engines/wasm/assembly into backends/engines/wasm/generated: two TypeScript files that hold the
// module as text (see backends/engines/wasm/text.ts), each a half: no chunk of the library may be as long as the whole.
//
// One build ships. It is made for 128-bit vectors and a memory that is not shared. The loader turns it into one for a shared
// memory by five bytes (see backends/engines/wasm/memory_import.ts), and into the relaxed one, which has fused multiply-adds,
// by six bytes for each of them (see backends/engines/wasm/relax.ts).
import {createHash} from 'node:crypto';
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {pathToFileURL} from 'node:url';
import esbuild from 'esbuild';
import {bytesAsText} from './bytes_as_text.mjs';

const engine = new URL('../backends/engines/wasm/', import.meta.url);
const sources = new URL('assembly/', engine);
const generated = new URL('generated/', engine);
const FEATURES = ['simd', 'threads', 'relaxed-simd'];

/** A digest of everything the output depends on. */
async function fingerprint() {
  const hash = createHash('sha256');
  for (const file of [
    import.meta.url,
    new URL('bytes_as_text.mjs', import.meta.url),
    new URL('memory_import.ts', engine),
    new URL('../node_modules/assemblyscript/package.json', import.meta.url),
  ]) {
    hash.update(await readFile(new URL(file)));
  }
  for (const name of (await readdir(sources)).sort()) hash.update(name).update(await readFile(new URL(name, sources)));
  return hash.digest('hex');
}

/** AssemblyScript to WebAssembly text. @throws with the compiler's messages if it does not compile */
async function compile() {
  const {default: asc} = await import('assemblyscript/asc');
  let text = '';
  const {error, stderr} = await asc.main(
    [
      'index.ts',
      ...['--textFile', 'module.wat', '-O3', '--shrinkLevel', '1', '--noAssert', '--runtime', 'stub'],
      ...['--uncheckedBehavior', 'always'],
      ...['--importMemory', '--noExportMemory', '--sharedMemory', '--initialMemory', '0', '--maximumMemory', '65536'],
      ...FEATURES.flatMap((feature) => ['--enable', feature]),
    ],
    {
      readFile: (name, base) =>
        readFile(new URL(name, base === '.' ? sources : new URL(base, sources)), 'utf8').catch(() => null),
      writeFile: (_name, contents) => {
        text = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`backends/engines/wasm/assembly does not compile:\n${stderr.toString()}`);
  return text;
}

const VECTOR_CONSTANT = /v128\.const i32x4(?: 0x\w+){4}/g;

/**
 * Has functions with loops take their vector constants from locals. Chromium 143 makes a constant anew where it stands, each
 * time round the loop: softmax of long rows took twice as long. In Node 20 there is no difference.
 */
function withConstantsInLocals(text) {
  return text
    .split(/^(?= \(func )/m)
    .map((code) => {
      const constants = [...new Set(code.match(VECTOR_CONSTANT))];
      if (constants.length === 0 || !/\bloop\b/.test(code)) return code;
      const lines = code.split('\n');
      let start = 1;
      while (/^\s*\((param|result|local) /.test(lines[start])) start++;
      const declared = constants.map((_, i) => `  (local $constant${i} v128)`);
      const set = constants.map((constant, i) => `  ${constant}\n  local.set $constant${i}`);
      const body = lines.slice(start).join('\n');
      const read = body.replace(VECTOR_CONSTANT, (constant) => `local.get $constant${constants.indexOf(constant)}`);
      return [...lines.slice(0, start), ...declared, ...set, read].join('\n');
    })
    .join('');
}

const MADD = 'f32x4.relaxed_madd';
/** How many vectors an instruction takes from the stack, of those that addends are made of; each leaves one. */
const OPERANDS = {'local.get': 0, 'v128.const': 0, 'f32x4.mul': 2, 'f32x4.add': 2};

/** Takes fused multiply-adds apart, a, b, c, madd into a, b, mul, c, add: what relax.ts puts together again. */
function splitFused(text) {
  const lines = [];
  let count = 0;
  for (const line of text.split('\n')) {
    if (line.trim() !== MADD) {
      lines.push(line);
      continue;
    }
    lines.splice(startOfOperand(lines), 0, '  f32x4.mul');
    lines.push('  f32x4.add');
    count++;
  }
  return {text: lines.join('\n'), count};
}

/** The line from which on the code up to the last line puts one vector on the stack. */
function startOfOperand(lines) {
  let missing = 1;
  let i = lines.length;
  while (missing > 0) {
    const instruction = lines[--i].trim().split(' ')[0];
    const operands = OPERANDS[instruction];
    if (operands === undefined) throw new Error(`An addend with ${instruction} in it: relax.ts knows none such.`);
    missing += operands - 1;
  }
  return i;
}

async function assemble(text) {
  const {default: binaryen} = await import('binaryen');
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.SIMD128 | binaryen.Features.Atomics | binaryen.Features.RelaxedSIMD);
  // Numbered by how often they are read, constants too, locals compress better.
  module.runPasses(['reorder-locals']);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/**
 * Writes the generated file, unless it is up to date.
 * @throws if the relaxed build does not come out of what it holds
 */
export async function buildWasm() {
  const digest = await fingerprint();
  const files = [1, 2].map((i) => new URL(`text_${i}.ts`, generated));
  if ((await readFile(files[1], 'utf8').catch(() => '')).includes(digest)) return;
  const {text, count} = splitFused(withConstantsInLocals(await compile()));
  const bytes = await assemble(text);
  await checkRelaxed(bytes, count);
  // The compiler takes atomic instructions for a shared memory only; they run on any.
  (await fromSource('memory_import.ts')).setShared(bytes, false);
  const letters = bytesAsText(bytes);
  const half = Math.ceil(letters.length / 2);
  await rm(generated, {recursive: true, force: true});
  await mkdir(generated);
  for (const [i, file] of files.entries()) {
    const part = letters.slice(half * i, half * (i + 1));
    await writeFile(file, `// Made by scripts/build_wasm.mjs from ${digest}\nexport default '${part}';\n`);
  }
  console.log(`kernels: ${bytes.length} bytes`);
}

/** That relax.ts finds each pair that was one instruction, and no other. */
async function checkRelaxed(bytes, count) {
  const found = (await fromSource('relax.ts')).relax(Uint8Array.from(bytes));
  if (found !== count) throw new Error(`relax.ts finds ${found} pairs where there are ${count} fused multiply-adds.`);
}

/** What a file of the engine that imports nothing exports. */
async function fromSource(file) {
  const {code} = await esbuild.transform(await readFile(new URL(file, engine), 'utf8'), {loader: 'ts', format: 'esm'});
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildWasm();
}
