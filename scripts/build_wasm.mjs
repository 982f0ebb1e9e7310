// Compiles the modules in backends/engines/wasm into backends/engines/wasm/generated: TypeScript files that hold them as text (see
// backends/engines/wasm/text.ts).
//
// One build of each ships. It is made for 128-bit vectors and a shared memory; the loader turns it into one for an unshared memory
// by five bytes (see `withUnsharedMemory` in backends/engines/wasm/module.ts), and into the relaxed one, which has fused
// multiply-adds, by six bytes for each of them (see backends/engines/wasm/relax.ts).
import {createHash} from 'node:crypto';
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {pathToFileURL} from 'node:url';
import esbuild from 'esbuild';
import {bytesAsText} from './bytes_as_text.mjs';

const wasm = new URL('../backends/engines/wasm/', import.meta.url);
const generated = new URL('../backends/engines/wasm/generated/', import.meta.url);
const FEATURES = ['simd', 'threads', 'relaxed-simd'];
/** The folder of the sources, how much the compiler is to care for size, and what a module may weigh, in bytes. */
const MODULES = {
  kernels: {folder: 'assembly', shrinkLevel: '1', budget: 24 * 1024},
  loss_mask: {folder: 'assembly_loss_mask', shrinkLevel: '1', budget: 9.25 * 1024},
};

/** A digest of everything the output depends on. */
async function fingerprint() {
  const hash = createHash('sha256');
  for (const script of [import.meta.url, new URL('bytes_as_text.mjs', import.meta.url)])
    hash.update(await readFile(new URL(script)));
  hash.update(await readFile(new URL('../node_modules/assemblyscript/package.json', import.meta.url)));
  for (const {folder} of Object.values(MODULES)) {
    const sources = new URL(`${folder}/`, wasm);
    for (const name of (await readdir(sources)).sort())
      hash.update(name).update(await readFile(new URL(name, sources)));
  }
  return hash.digest('hex');
}

function outputOf(name) {
  return new URL(`${name}.ts`, generated);
}

async function isUpToDate(name, digest) {
  const text = await readFile(outputOf(name), 'utf8').catch(() => '');
  return text.includes(digest);
}

/** AssemblyScript to WebAssembly text. @throws with the compiler's messages if it does not compile */
async function compile({folder, shrinkLevel}) {
  const sources = new URL(`${folder}/`, wasm);
  const {default: asc} = await import('assemblyscript/asc');
  let text = '';
  const {error, stderr} = await asc.main(
    [
      'index.ts',
      ...[
        '--textFile',
        'module.wat',
        '-O3',
        '--shrinkLevel',
        shrinkLevel,
        '--noAssert',
        '--runtime',
        'stub',
        '--uncheckedBehavior',
        'always',
      ],
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
  if (error) throw new Error(`backends/engines/wasm/${folder} does not compile:\n${stderr.toString()}`);
  return text;
}

const VECTOR_CONSTANT = /v128\.const i32x4( 0x\w+){4}/g;

/**
 * Shortens vector constants, a third of the module: kernels unrolled four times repeat theirs, at 18 bytes each. One that
 * a function uses more than once moves to a local, at two bytes a use; one whose lanes are equal becomes a splat of a
 * scalar. The machine code in the loops is the same.
 */
function withShortConstants(code) {
  const uses = code.match(VECTOR_CONSTANT) ?? [];
  const repeated = [...new Set(uses)].filter((constant) => uses.indexOf(constant) !== uses.lastIndexOf(constant));
  const lines = code.split('\n');
  let start = 1;
  while (/^\s*\((param|result|local) /.test(lines[start])) start++;
  const declarations = repeated.map((_, i) => `  (local $constant${i} v128)`);
  const definitions = repeated.map((constant, i) => `  ${asSplat(constant)}\n  local.set $constant${i}`);
  const body = repeated.reduce(
    (text, constant, i) => text.replaceAll(constant, `local.get $constant${i}`),
    lines.slice(start).join('\n'),
  );
  return [...lines.slice(0, start), ...declarations, ...definitions, body.replaceAll(VECTOR_CONSTANT, asSplat)].join(
    '\n',
  );
}

function asSplat(constant) {
  const words = constant.split(' ').slice(2).map(Number);
  const data = new DataView(new ArrayBuffer(16));
  words.forEach((word, i) => {
    data.setUint32(4 * i, word, true);
  });
  const bits = data.getUint32(0, true);
  if (bits !== 0 && words.every((word) => word === bits)) {
    // Integers as integers: as floats they may be NaN, whose bits do not survive the text.
    const float = data.getFloat32(0, true);
    return Number.isFinite(float) ? `f32.const ${float}\n  f32x4.splat` : `i32.const ${bits | 0}\n  i32x4.splat`;
  }
  const double = data.getFloat64(0, true);
  if (bits + words[1] !== 0 && words[0] === words[2] && words[1] === words[3] && Number.isFinite(double)) {
    return `f64.const ${double}\n  f64x2.splat`;
  }
  return constant;
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
  // Constants have become locals: fewer of them, and named alike, compress better.
  const coalesced = withModule(binaryen, text, (module) => {
    module.runPasses(['rse', 'coalesce-locals', 'vacuum']);
    return module.emitText();
  });
  return withModule(binaryen, inFunctions(coalesced, withLocalsInOrderOfUse), (module) => module.emitBinary());
}

function withModule(binaryen, text, use) {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.SIMD128 | binaryen.Features.Atomics | binaryen.Features.RelaxedSIMD);
  try {
    return use(module);
  } finally {
    module.dispose();
  }
}

/** Changes each function of a module's text. */
function inFunctions(text, change) {
  const [head, ...functions] = text.split(/\n(?= \(func )/);
  return [head, ...functions.map(change)].join('\n');
}

/** Numbers a function's locals as they are first used: so functions that are alike have like bytes, and compress. */
function withLocalsInOrderOfUse(code) {
  const isLocal = (line) => /^\s*\(local /.test(line);
  const lines = code.split('\n');
  const start = lines.findIndex(isLocal);
  if (start < 0) return code;
  const end = lines.findLastIndex(isLocal) + 1;
  const body = lines.slice(end).join('\n');
  const firstUse = new Map();
  for (const [, name] of body.matchAll(/local\.\w+ (\$[\w$]+)/g)) {
    if (!firstUse.has(name)) firstUse.set(name, firstUse.size);
  }
  const placeOf = (line) => firstUse.get(/\(local (\S+)/.exec(line)[1]) ?? firstUse.size;
  const locals = lines.slice(start, end).sort((a, b) => placeOf(a) - placeOf(b));
  return [...lines.slice(0, start), ...locals, body].join('\n');
}

/**
 * Writes the generated files, unless they are up to date.
 * @returns the size in bytes of each module that was not
 * @throws if it is over the budget, or the relaxed build does not come out of it
 */
export async function buildWasm() {
  const digest = await fingerprint();
  await mkdir(generated, {recursive: true});
  const sizes = {};
  for (const [name, module] of Object.entries(MODULES)) {
    if (await isUpToDate(name, digest)) continue;
    const {text, count} = splitFused(await compile(module));
    const bytes = await assemble(inFunctions(text, withShortConstants));
    if (bytes.length > module.budget) {
      throw new Error(`The module ${name} has ${bytes.length} bytes; the budget is ${module.budget}.`);
    }
    await checkRelaxed(bytes, count);
    await writeFile(
      outputOf(name),
      `// Made by scripts/build_wasm.mjs from ${digest}\nexport default '${bytesAsText(bytes)}';\n`,
    );
    sizes[name] = bytes.length;
  }
  return sizes;
}

/** That relax.ts finds each pair that was one instruction, and no other. */
async function checkRelaxed(bytes, count) {
  const source = await readFile(new URL('../backends/engines/wasm/relax.ts', import.meta.url), 'utf8');
  const {code} = await esbuild.transform(source, {loader: 'ts', format: 'esm'});
  const {relax} = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const found = relax(Uint8Array.from(bytes));
  if (found !== count) throw new Error(`relax.ts finds ${found} pairs where there are ${count} fused multiply-adds.`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, size] of Object.entries(await buildWasm())) console.log(`${name}: ${size} bytes`);
}
