import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {arrayOf, giveBack, type Values} from './arrays';
import {isLarge} from './in_parts';
import {canCopyResults, NATIVE_RESULT, nativeCopyOf, scratchFor} from './native_result';
import {makeTensor, type NodeBackend} from './node_backend';

/**
 * A call on typed arrays: the way of tensors that are not large, and of large ones to which theirs is not open. After an
 * error nothing is left that needs disposing of.
 */
export class ArrayCall {
  /** Where the result is to be written. */
  readonly out: Float32Array;
  private readonly isCopied: boolean;
  private readonly copies: ArrayBuffer[] = [];

  constructor(
    private readonly shape: number[],
    private readonly backend: NodeBackend,
  ) {
    const size = util.sizeFromShape(shape);
    // For a large result the scratch, which is kept, would be large too.
    this.isCopied = size >= NATIVE_RESULT && !isLarge(shape) && canCopyResults(backend);
    this.out = this.isCopied ? scratchFor(size) : new Float32Array(size);
  }

  /** The values of an input, of the type that goes with its dtype, until the result is taken. */
  read<T extends Values>(input: TensorInfo): T {
    return arrayOf(input, this.backend, this.copies) as T;
  }

  result(): TensorInfo {
    giveBack(this.copies);
    const makeResult = this.isCopied ? nativeCopyOf : makeTensor;
    return makeResult(this.out, this.shape, this.backend);
  }
}
