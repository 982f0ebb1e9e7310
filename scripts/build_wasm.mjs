// Compiles the WebAssembly modules into backends/wasm/generated: one TypeScript file a build, holding it in base64.
//
// The family has two builds, `simd` and `relaxed` (fused multiply-add); masks and losses have one. Each is made for a
// shared memory; the loader turns it into one for an unshared memory by five bytes (see `withUnsharedMemory` in
// backends/wasm/module.ts), so a build ships once.
import {createHash} from 'node:crypto';
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {pathToFileURL} from 'node:url';

const wasm = new URL('../backends/wasm/', import.meta.url);
const generated = new URL('../backends/wasm/generated/', import.meta.url);
const SIMD = ['simd', 'threads'];
/** The folder of the sources, what the compiler may use, and what a build may weigh before base64. */
const builds = {
  simd: {folder: 'assembly', features: SIMD, budget: 24 * 1024},
  relaxed: {folder: 'assembly', features: [...SIMD, 'relaxed-simd'], budget: 24 * 1024},
  loss_mask: {folder: 'assembly_loss_mask', features: SIMD, shrink: '1', budget: 9.25 * 1024},
};

/** A digest of everything the output depends on. */
async function fingerprint() {
  const hash = createHash('sha256');
  hash.update(await readFile(new URL(import.meta.url)));
  hash.update(await readFile(new URL('../node_modules/assemblyscript/package.json', import.meta.url)));
  for (const folder of new Set(Object.values(builds).map((build) => build.folder))) {
    const sources = new URL(`${folder}/`, wasm);
    for (const name of (await readdir(sources)).sort())
      hash.update(name).update(await readFile(new URL(name, sources)));
  }
  return hash.digest('hex');
}

async function isUpToDate(name, digest) {
  const text = await readFile(new URL(`${name}.ts`, generated), 'utf8').catch(() => '');
  return text.includes(digest);
}

/** AssemblyScript to WebAssembly text. @throws with the compiler's messages if it does not compile */
async function compile({folder, features, shrink = '0'}) {
  const sources = new URL(`${folder}/`, wasm);
  const {default: asc} = await import('assemblyscript/asc');
  let text = '';
  const {error, stderr} = await asc.main(
    [
      'index.ts',
      ...['--textFile', 'module.wat', '-O3', '--noAssert', '--runtime', 'stub', '--uncheckedBehavior', 'always'],
      ...['--importMemory', '--noExportMemory', '--sharedMemory', '--initialMemory', '0', '--maximumMemory', '65536'],
      ...['--shrinkLevel', shrink, ...features.flatMap((feature) => ['--enable', feature])],
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
  if (error) throw new Error(`backends/wasm/${folder} does not compile:\n${stderr.toString()}`);
  return text;
}

/**
 * Shortens vector constants, a third of the module: kernels unrolled four times repeat theirs, at 18 bytes each. One that
 * a function uses more than once moves to a local, at two bytes a use; one whose lanes are equal becomes a splat of a
 * scalar. The machine code in the loops is the same.
 */
function shortenConstants(text) {
  const [head, ...functions] = text.split(/\n(?= \(func )/);
  return [head, ...functions.map(shortenConstantsOf)].join('\n');
}

const VECTOR_CONSTANT = /v128\.const i32x4( 0x\w+){4}/g;

function shortenConstantsOf(code) {
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

async function assemble(text) {
  const {default: binaryen} = await import('binaryen');
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.SIMD128 | binaryen.Features.Atomics | binaryen.Features.RelaxedSIMD);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** Writes the generated files, unless they are up to date. @returns bytes before base64 of each build made */
export async function buildWasm() {
  const digest = await fingerprint();
  const sizes = {};
  await mkdir(generated, {recursive: true});
  for (const [name, build] of Object.entries(builds)) {
    if (await isUpToDate(name, digest)) continue;
    const bytes = await assemble(shortenConstants(await compile(build)));
    if (bytes.length > build.budget) {
      throw new Error(`The ${name} build has ${bytes.length} bytes; the budget is ${build.budget}.`);
    }
    const base64 = Buffer.from(bytes).toString('base64');
    await writeFile(
      new URL(`${name}.ts`, generated),
      `// Made by scripts/build_wasm.mjs from ${digest}\nexport default '${base64}';\n`,
    );
    sizes[name] = bytes.length;
  }
  return sizes;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, size] of Object.entries(await buildWasm())) console.log(`${name}: ${size} bytes`);
}
