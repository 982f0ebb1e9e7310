/**
 * tfjs-softmax in Node: all of index.ts, kernels for the backend of @tensorflow/tfjs-node, and WebGPU by Dawn. Package.json's
 * exports give it to Node and to what is bundled for Node; pages do without.
 */
import {provideFile} from './backends/engines/wasm/bytes';
import {readKernels} from './backends/engines/wasm/kernels_file';
import {compileNow} from './backends/engines/wasm/module';
import * as threads from './backends/engines/wasm/threads';
import {registerBackend} from './backends/registration';
import {tensorflowBackend} from './backends/tensorflow';
import {provideThreads} from './backends/wasm/load_threads';
import {leftToTensorflow} from './install/left_to_tensorflow';
import {provideNativeOps} from './install/native_ops';
import {provideNamespace} from './tfjs/public_functions';

export {enableWasmThreads} from './backends/wasm/node_threads';
export {enableWebGPU} from './backends/webgpu/dawn';
export * from './index';

provideThreads(threads);
provideFile(readKernels);
registerBackend('tensorflow', tensorflowBackend);
provideNativeOps('tensorflow', leftToTensorflow);
// Not in an ES module, as these sources are where nothing has built them.
if (typeof require === 'function') provideNamespace(require('@tensorflow/tfjs-core'));
// Modules are loaded one by one here, each blocking: less than a millisecond more, which no first call waits for.
compileNow();
