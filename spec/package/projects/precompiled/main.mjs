// An edge runtime compiles the modules that a program imports, when it is deployed, and no others. Here such a host is a
// context in which V8 refuses to compile, and the import is done for it outside.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {createContext, runInContext} from 'node:vm';
import {use} from '../use.mjs';

const host = createContext(
  {atob, console, performance, setTimeout, clearTimeout, TextDecoder, TextEncoder},
  {codeGeneration: {strings: false, wasm: false}},
);
const require = createRequire(import.meta.url);
const text = (specifier) => readFileSync(require.resolve(specifier), 'utf8');
runInContext('self = globalThis', host);
runInContext(text('@tensorflow/tfjs-core/dist/tf-core.min.js'), host);
runInContext("tf.setPlatform('edge', {isTypedArray: ArrayBuffer.isView, now: () => performance.now()})", host);
runInContext(text('@tensorflow/tfjs-backend-cpu/dist/tf-backend-cpu.min.js'), host);
const {tf} = host;
const inHost = (file) =>
  runInContext(
    `((require) => {const module = {exports: {}}; ((module, exports) => {${readFileSync(file, 'utf8')}
    })(module, module.exports); return module.exports})`,
    host,
  )((specifier) => (specifier.startsWith('.') ? load(join(file, '..', specifier)) : tf));
const loaded = new Map();
const load = (file) => loaded.get(file) ?? loaded.set(file, inHost(file)).get(file);
const family = load(require.resolve('tfjs-softmax'));

const without = await use(tf, family, 'cpu');
family.setWasmModule(new WebAssembly.Module(readFileSync(require.resolve('tfjs-softmax/kernels.wasm'))));
console.log(JSON.stringify([without, await use(tf, family, 'cpu')]));
