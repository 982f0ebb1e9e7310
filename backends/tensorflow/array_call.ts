import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import type {Plan} from '../engines/wasm/plan';
import {runOnThreads} from '../engines/wasm/shared_staging';
import type {Values} from '../engines/wasm/staging';
import {arrayOf, giveBack} from './arrays';
import {canCopyResults, NATIVE_RESULT, nativeCopyOf, scratchFor, UNALIGNED} from './native_result';
import {makeTensor, type NodeBackend} from './node_backend';

/** One call on typed arrays: it reads its inputs, has a place for the result, and makes a tensor of that. */
export class ArrayCall {
  private readonly size: number;
  private readonly isNative: boolean;
  private readonly copies: ArrayBuffer[] = [];
  private place: Float32Array | null = null;

  constructor(
    private readonly shape: number[],
    private readonly backend: NodeBackend,
  ) {
    this.size = util.sizeFromShape(shape);
    this.isNative = this.size >= NATIVE_RESULT && canCopyResults(backend);
  }

  /** The values of an input, of the type that goes with its dtype, until the result is taken. */
  read<T extends Values>(input: TensorInfo): T {
    return arrayOf(input, this.backend, this.copies) as T;
  }

  /** Where the result is to be written. */
  get out(): Float32Array {
    this.place ??= this.isNative ? scratchFor(this.size) : new Float32Array(this.size);
    return this.place;
  }

  /** Executes a plan by several threads. @returns whether that is possible; otherwise `out` is still to be written */
  onThreads(plan: Plan, x: Float32Array, second: Values | null = null, third: Values | null = null): boolean {
    const result = runOnThreads(plan, x, second, third, UNALIGNED);
    if (result) this.place = this.isNative ? result : result.slice();
    return result !== null;
  }

  /** The result as a tensor. Inputs are given back. */
  result(): TensorInfo {
    giveBack(this.copies);
    const makeResult = this.isNative ? nativeCopyOf : makeTensor;
    return makeResult(this.out, this.shape, this.backend);
  }
}
