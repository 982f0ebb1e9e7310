// An edge runtime compiles the modules that a program imports, when it is deployed, and no others. Here such a host is a
// context in which V8 refuses to compile, and the import is done for it outside.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
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
const family = runInContext(
  `((tf) => {const module = {exports: {}}; ((module, require) => {${text('tfjs-softmax')}
  })(module, () => tf); return module.exports})`,
  host,
)(tf);

const without = await use(tf, family, 'cpu');
family.setWasmModule(new WebAssembly.Module(readFileSync(require.resolve('tfjs-softmax/kernels.wasm'))));
console.log(JSON.stringify([without, await use(tf, family, 'cpu')]));
