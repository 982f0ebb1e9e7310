import type {OpName} from './ops';
import type {Which, Workload} from './workload';

/** One implementation, ready for one workload. `Out` is its result in its own form, which may still be queued. */
export interface Runner<Out = unknown> {
  /** One call on one of the two inputs. */
  run(which: Which): Out | Promise<Out>;
  /** Whether `run` may return before the result exists; if so, the clock runs on until one number has been read back. */
  queued: boolean;
  /** One number of a result. */
  peek(out: Out, index: number): Promise<number> | number;
  /** All numbers of a result. */
  read(out: Out): Promise<Float32Array> | Float32Array;
  /** What of a result has to be new with each call: its storage. */
  storage(out: Out): unknown;
  release(out: Out): void;
  dispose(): void;
  /** What was launched on a GPU so far: draw calls or dispatches. */
  launches?(): number;
  /** Milliseconds that the GPU is busy with one call, by its own clock; 0 where it has none. */
  gpuMs?(): Promise<number>;
}

/** An implementation that runs in this process. */
export interface Peer {
  /** `ours`, `stock`, `onnxruntime-web` and so on. */
  name: string;
  ops: readonly OpName[];
  prepare(workload: Workload): Promise<Runner>;
  /** Where it may differ by more than rounding in single precision, such as with half floats. */
  tolerance?: number;
}

/** A peer that is not there. */
export interface Missing {
  name: string;
  reason: string;
}
