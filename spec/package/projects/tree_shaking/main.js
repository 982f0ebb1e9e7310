// Nothing is used by name: what importing does has to survive the bundler.
import {getGradient, getKernel} from '@tensorflow/tfjs-core';
import 'tfjs-softmax';

const backends = ['cpu', 'wasm', 'webgl'].filter((backend) => getKernel('softmax', backend) != null);
console.log(JSON.stringify({backends, gradient: getGradient('softmax') != null}));
