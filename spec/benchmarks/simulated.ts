import type {Clock} from '../../benchmarks/suite/clock';
import {OP_NAMES} from '../../benchmarks/suite/ops';
import type {Peer, Runner} from '../../benchmarks/suite/peer';
import type {Which, Workload} from '../../benchmarks/suite/workload';
import {REFERENCE} from '../../kernels/reference_table';

/** A clock that moves only when a candidate takes time. */
export class SimulatedClock implements Clock {
  sampleMs = 2;
  private ms = 0;
  now = () => this.ms;
  breathe = async () => {};

  pass(ms: number): void {
    this.ms += ms;
  }
}

/** The right result, rounded to float32. */
export function rightResult({op, shape, inputs}: Workload, which: Which): Float32Array {
  const [rows, n] = shape;
  const {x, v} = inputs[which];
  const parts = Array.from({length: rows}, (_, row) => {
    const part = (values: Float32Array) => Float64Array.from(values.subarray(row * n, (row + 1) * n));
    return Array.from(REFERENCE[op].value(part(x), part(v)));
  });
  return Float32Array.from(parts.flat());
}

type Kernel = (workload: Workload, which: Which, call: number) => Float32Array;

/** A runner around a kernel in JavaScript. */
export function runnerOf(kernel: Kernel, workload: Workload, beforeEach = () => {}): Runner<Float32Array> {
  let call = 0;
  return {
    queued: false,
    run: (which) => {
      beforeEach();
      return kernel(workload, which, call++);
    },
    peek: (out, index) => out[index]!,
    read: (out) => out,
    storage: (out) => out.buffer,
    release: () => {},
    dispose: () => {},
  };
}

/** A peer whose calls take that long on the simulated clock. */
export function peerOf(name: string, clock: SimulatedClock, ms: () => number, kernel: Kernel = rightResult): Peer {
  return {
    name,
    ops: OP_NAMES,
    prepare: async (workload) => {
      // Computed once: what takes time here is the clock's alone.
      const right = kernel === rightResult && ([0, 1] as const).map((which) => rightResult(workload, which));
      return runnerOf(right ? (_, which) => right[which]!.slice() : kernel, workload, () => clock.pass(ms())) as Runner;
    },
  };
}
