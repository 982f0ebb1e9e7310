/**
 * tfjs-softmax in Node: all of index.ts, kernels for the backend of @tensorflow/tfjs-node, and WebGPU by Dawn. Package.json's
 * exports give it to Node and to what is bundled for Node; pages do without.
 */
import {registerBackend} from './backends/registration';
import {tensorflowBackend} from './backends/tensorflow';

export {enableWebGPU} from './backends/webgpu/dawn';
export * from './index';

registerBackend('tensorflow', tensorflowBackend);
