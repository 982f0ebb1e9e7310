/**
 * tfjs-softmax: the softmax family as TensorFlow.js kernels. Importing it registers kernels and gradients under their own
 * names; only `install()` changes what tfjs's own ops do.
 *
 * @packageDocumentation
 * @document docs/drop-in.md
 * @document docs/where-it-runs.md
 * @document docs/choosing-a-backend.md
 * @document docs/accuracy.md
 * @document docs/special-values.md
 * @document docs/speed.md
 * @document docs/checking-gradients.md
 * @document docs/webgpu.md
 * @document docs/threads.md
 * @document docs/sampling.md
 * @document docs/linear-cross-entropy.md
 * @document docs/layers.md
 */
import {registerKernels} from './backends/registration';
import {registerGradients} from './kernels/register_gradients';
import {KERNELS} from './kernels/table';

registerKernels(KERNELS);
registerGradients();

export type * from './backends/dispatcher';
export {
  backendReport,
  exportWisdom,
  forgetWisdom,
  importWisdom,
  rankBackends,
  selectBackend,
} from './backends/dispatcher';
export type {WasmPackage, WasmThreadsOptions} from './backends/wasm/check_threads';
export {enableWasmThreads} from './backends/wasm/enable_threads';
export {setWasmModule} from './backends/wasm/set_module';
export {getThreads, setThreads} from './backends/wasm/set_threads';
export {enableWebGPU} from './backends/webgpu/enable';
export type {WebGPUFound, WebGPUOptions} from './backends/webgpu/enabling';
export type {GradientCheckOptions} from './gradient_check/check_gradients';
export {checkGradients, checkGradientsAsync} from './gradient_check/check_gradients';
export type {Differentiable} from './gradient_check/derivatives';
export type {GradientCheck, GradientReport, SkippedInput} from './gradient_check/report';
export {install, uninstall} from './install/install';
export type {InstallOptions} from './install/options';
export type {InstallReport} from './install/report';
export type {RoutedOp} from './install/route';
export type {Axis} from './kernels/axes';
export type {CategoricalOptions} from './kernels/categorical';
export {categorical} from './kernels/categorical';
export type {CrossEntropyOptions} from './kernels/cross_entropy';
export {softmaxCrossEntropy} from './kernels/cross_entropy';
export {entropy} from './kernels/entropy';
export type {GumbelSoftmaxOptions} from './kernels/gumbel_softmax';
export {gumbelSoftmax} from './kernels/gumbel_softmax';
export type {Input, Numbers} from './kernels/input';
export {logSoftmaxJacobian, softmaxJacobian} from './kernels/jacobian';
export type {LinearCrossEntropyOptions} from './kernels/linear_cross_entropy';
export {linearCrossEntropy} from './kernels/linear_cross_entropy';
export {logSoftmax} from './kernels/log_softmax';
export {logSumExp} from './kernels/log_sum_exp';
export type {MaskInput} from './kernels/mask';
export {logSoftmaxJvp, logSoftmaxVjp, softmaxJvp, softmaxVjp} from './kernels/products';
export type {MaskOptions, ScaleOptions} from './kernels/run_op';
export {softmax, softmin} from './kernels/softmax';
export {softmaxInverse} from './kernels/softmax_inverse';
