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
   * Null except on backends that fuse masks. A logit that the mask takes out counts as -Infinity whatever it holds, NaN too. A
   * row without any other logit is 0 for softmax, and -Infinity for the other two.
   */
  mask: Mask | null;
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
}

/** The same of the logits: y = softmax(scale·x). */
export interface ProductFromLogitsRequest {
  kind: ProductKind;
  /** Logits and vector: float32, of one shape, never empty. */
  x: TensorInfo;
  v: TensorInfo;
  rows: Rows;
  scale: number;
  factor: number;
}

/** See `Loss`. Only backends that fuse the reduction are asked for a total. */
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

/** What there is to know of a tfjs backend before it starts, whether or not it has kernels here. */
export interface BackendFacts {
  /** The package that registers it with tfjs when it is imported. */
  readonly package: string;
  /** What of the host it needs; null if nothing. */
  readonly needs: 'WebAssembly' | 'WebGL' | 'WebGPU' | null;
  /** Whether it computes on a GPU: an op returns before its result is there, and who reads a part of that waits for all. */
  readonly gpu: boolean;
  /** Whether results are read asynchronously only: reading at once throws in Node, and takes a second in a page. */
  readonly readsLater?: true;
  /** Whether the GPU of a started backend is a program on the CPU; without it, the GPU of a WebGL context tells. */
  readonly isSoftware?: (backend: KernelBackend) => boolean;
  /** Whether its tensors hold half floats on this machine: then right and wrong are further apart. */
  readonly halfFloats?: () => boolean;
  /** What else of the host its kernels here need to be fast; without it the cost model has the figures of composed ops. */
  readonly wants?: 'SIMD' | 'WebGL 2';
  /** Whether its kernels are in the build for Node only. */
  readonly onlyInNode?: true;
}

/** The largest errors against float64 that a backend may have; the conformance suite and fuzzing hold it to them. */
export interface Bounds {
  /** In ULP of the result. */
  readonly softmax: number;
  readonly logSoftmax: number;
  /** In ULP of max(|result|, 1). */
  readonly logSumExp: number;
  /** In units of 2^-24 of a product's own magnitude: see kernels/reference_table.ts. */
  readonly product: number;
  /** How far the sum of a row of softmax may be from 1. */
  readonly rowSum: number;
  /** Whether a logit nearer to 0 than 2^-126 may count as 0, which shows beside a scale of 2^99 and more. */
  readonly flushesLogits?: true;
}

/** Threads that share work. */
export interface ThreadPool {
  /** How many parts of its work each has done so far, the calling one first. */
  readonly taken: number[];
  /** They share work again, whatever that has cost lately. */
  forgetLosses(): void;
}

/**
 * How one tfjs backend computes the family: two functions, what they promise, and what else is one kernel there.
 *
 * `backend` is tfjs's own object, handed in with each call: no file here imports a backend package at run time.
 * A result is a new float32 tensor on that backend; inputs are left as they are; nothing else is left behind.
 */
export interface SoftmaxBackend<B extends KernelBackend = KernelBackend> {
  /** What the dispatcher goes by; without them it waits for results in the slowest way, and estimates by composed ops. */
  readonly facts?: BackendFacts;
  readonly bounds: Bounds;
  forward(request: ForwardRequest, backend: B): TensorInfo;
  /** Whether `forward` takes masks. Where it does not, selections before and after it do their work. */
  readonly fusesMasks?: true;
  product(request: ProductRequest, backend: B): TensorInfo;
  /** The product of logits at once; null where softmax and then the product are no slower. */
  productFromLogits?(request: ProductFromLogitsRequest, backend: B): TensorInfo | null;
  /** Cross-entropy; where a backend has none, it is composed of the family. */
  crossEntropy?(request: CrossEntropyRequest, backend: B): TensorInfo;
  crossEntropyGradient?(request: CrossEntropyGradientRequest, backend: B): TensorInfo;
  /** Whether these two reduce losses to their total. Where they do not, tfjs's ops do. */
  readonly fusesReduction?: true;
  /** Each row of x times its number in g; where a backend has none, tfjs's multiplication broadcasts. */
  scaleRows?(x: TensorInfo, g: TensorInfo, rows: Rows, backend: B): TensorInfo;
  /** log x + c of each element, never empty; where a backend has none, tfjs's log. */
  logPlus?(x: TensorInfo, c: number, backend: B): TensorInfo;
  /**
   * Whether a float32 tensor cast from integers may hold integers still on this backend, which its own kernels then reduce,
   * repeat or transpose wrongly: `kernels/floats.ts` copies it first.
   */
  readonly castsShareIntegers?: true;
  /**
   * Why the kernels take a detour on this host, on which tfjs's own ops are faster; null if they do not. `install()` then
   * leaves those, and rankings do not count on these. Starts nothing.
   */
  detour?(): string | null;
  /** Begins, without blocking, what the first call would have to wait for. Called once it is to be expected. */
  prepare?(backend: B): void;
  /** Why this backend object can compute nothing any more, in a few words: a GPU's context or device is lost. Null if it can. */
  lost?(backend: B): string | null;
  /**
   * How many threads the kernels run on at most, on this backend object; null asks what is to be expected before there is one.
   * Without it, one. Starts none.
   */
  threads?(backend: B | null): number;
  /** These threads, for the self-check; null before there are any but the calling one. */
  pool?(backend: B): ThreadPool | null | undefined;
  /** Whether these threads also share a single row, if it is long. */
  readonly sharesRows?: true;
  /** What runs on this backend object, in a few words for people: the build, the variant, the fallback and why. */
  describe(backend: B): string;
}
