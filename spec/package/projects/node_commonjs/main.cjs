const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-cpu');
require('@tensorflow/tfjs-backend-wasm');
const family = require('tfjs-softmax');

async function main() {
  const {use} = await import('../use.mjs');
  console.log(JSON.stringify([await use(tf, family, 'cpu'), await use(tf, family, 'wasm')]));
}
main();
