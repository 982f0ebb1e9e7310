import type {NamedAttrMap, Tensor} from '@tensorflow/tfjs-core';
import {engine} from '@tensorflow/tfjs-core';
import {ensureKernels} from '../backends/registry';

/** Runs a kernel of the family on the active backend. */
export function runKernel(kernelName: string, inputs: Record<string, Tensor>, attrs: NamedAttrMap): Tensor {
  ensureKernels();
  return engine().runKernel(kernelName, inputs, attrs);
}
