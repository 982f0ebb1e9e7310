import type {KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';
import type {MaskRuns} from './engines/mask_runs';
import type {ForwardKind, Loss, ProductKind, Rows} from './engines/types';

/** Which elements take part: a mask and how it runs along the logits. */
export interface Mask extends MaskRuns {
  /** bool: 1 takes part, 0 does not. */
  tensor: TensorInfo;
}

export interface ForwardRequest {
  kind: ForwardKind;
  /** float32, never empty. */
  x: TensorInfo;
  rows: Rows;
  /** The logits are multiplied by it; any finite number. */
  scale: number;
  /**
   * Only on backends that say `masks`. What does not take part is e^-Infinity whatever it holds, NaN too; a row of
   * nothing else is 0 for softmax, and -Infinity for the other two.
   */
  mask: Mask | null;
  /** Whether the last digit is worth more than speed, for a backend that has the choice. */
  exact: boolean;
  /** The shape of the result: that of x, or for logSumExp without the axis. */
  outputShape: number[];
}

export interface ProductRequest {
  kind: ProductKind;
  /** Probabilities and vector: float32, of one shape, never empty. */
  y: TensorInfo;
  v: TensorInfo;
  rows: Rows;
  /** The product is multiplied by it. */
  factor: number;
  exact: boolean;
}

/** The same of the logits: y = softmax(scale·x). */
export interface ProductOfLogitsRequest {
  kind: ProductKind;
  /** Logits and vector: float32, of one shape, never empty. */
  x: TensorInfo;
  v: TensorInfo;
  rows: Rows;
  scale: number;
  factor: number;
  exact: boolean;
}

/** See `Loss`. Only backends that say `totals` are asked for a total. */
export interface CrossEntropyRequest extends Loss {
  /** float32, never empty. */
  x: TensorInfo;
  /** float32, as many as logits; or if sparse, int32: the index of each row's class. */
  labels: TensorInfo;
  /** The shape of the losses: that of x without the axis, or of their total, []. */
  outputShape: number[];
}

/** Its derivative in the logits, g (y Σq - q) with y = softmax(x); 0 in rows whose g is 0, whatever they hold. */
export interface CrossEntropyGradientRequest extends CrossEntropyRequest {
  /** g, one number a row; with `total` one for all, to be multiplied by that. */
  cotangent: TensorInfo;
}

/**
 * How one tfjs backend computes the family: two functions.
 *
 * `backend` is tfjs's own object, handed in with each call: no file here imports a backend package at run time.
 * A result is a new float32 tensor on that backend; inputs are left as they are; nothing else is left behind.
 */
export interface SoftmaxBackend<B extends KernelBackend = KernelBackend> {
  forward(request: ForwardRequest, backend: B): TensorInfo;
  /** Says that `forward` takes masks. Where it does not, selections before and after it do their work. */
  readonly masks?: true;
  product(request: ProductRequest, backend: B): TensorInfo;
  /** At once; null where softmax and then the product are no slower. */
  productOfLogits?(request: ProductOfLogitsRequest, backend: B): TensorInfo | null;
  /** Cross-entropy; where a backend has none, it is composed of the family. */
  crossEntropy?(request: CrossEntropyRequest, backend: B): TensorInfo;
  crossEntropyGradient?(request: CrossEntropyGradientRequest, backend: B): TensorInfo;
  /** Each row of x times its number in g; where a backend has none, tfjs's multiplication broadcasts. */
  timesRows?(x: TensorInfo, g: TensorInfo, rows: Rows, backend: B): TensorInfo;
  /** Says that these two reduce losses to their total. Where they do not, tfjs's ops do. */
  readonly totals?: true;
  /** log x + c of each element, never empty; where a backend has none, tfjs's log. */
  logPlus?(x: TensorInfo, c: number, backend: B): TensorInfo;
  /**
   * Says that a float32 tensor cast from integers may be integers still on this backend, and that its own kernels then
   * reduce, repeat or transpose them wrongly: `kernels/floats.ts` copies it first.
   */
  readonly castsShareIntegers?: true;
  /** What runs on this backend object, in a few words for people: the build, the variant, the fallback and why. */
  describe(backend: B): string;
}
