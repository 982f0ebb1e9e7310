/** One op on one shape, as a job to be raced for. */
import {dispose, grad, keep, type Tensor, tensor, tidy} from '@tensorflow/tfjs-core';
import {FORWARD, type ForwardName, GRADIENTS, type GradientName, PRODUCTS, type ProductName} from '../../kernels/table';
import {withBackend} from '../../tfjs/active_backend';
import {WrongResult} from '../wrong_result';
import {type ExpectedRow, expectedRows, mismatch, sampleInputs, toleranceOf} from './check';
import {firstCallMs, opMs} from './cost';
import {factsOf} from './facts';
import {arrivalOf, disposeOf, read, toBeAwaited} from './finish';
import type {Op} from './ops';
import type {Entry, Job} from './race';
import type {Budget, Stopwatch} from './stopwatch';
import {label, type Task} from './workload';

/** Elements of a task at most: 128 MiB of logits, and of each other tensor, on each backend. */
const LARGEST_TASK = 1 << 25;

export class OpJob implements Job {
  readonly label: string;
  readonly chargesFirstCall = true;
  readonly obstacle: string | null;
  private arrays: Float32Array[] | undefined;
  private expected: ExpectedRow[] | undefined;

  constructor(
    private readonly task: Task,
    private readonly stopwatch: Stopwatch,
  ) {
    this.label = label(task);
    this.obstacle = task.elements > LARGEST_TASK ? 'it is too large to be tried out' : null;
  }

  expectedMs(backend: string): number {
    return opMs(this.task, backend);
  }

  compileMs(backend: string): number {
    return firstCallMs(backend);
  }

  firstCallTells(backend: string): boolean {
    return !factsOf(backend)?.gpu;
  }

  async enter(backend: string, budget: Budget): Promise<Entry> {
    const {task} = this;
    const {op, shape, axis, rows} = task;
    this.arrays ??= await budget.free(() => sampleInputs(task));
    const arrays = this.arrays;
    const start = this.stopwatch.now();
    const inputs: Tensor[] = [];
    const run = () => runnerOf(op)(inputs[0]!, inputs[1], axis);
    try {
      const results = withBackend(backend, () => {
        for (const array of arrays) inputs.push(keep(tensor(array, shape)));
        return tidy(() => {
          const result = run();
          return [result, ...toBeAwaited(backend, [result])]; // that compiles, too
        });
      });
      let values: ArrayLike<number>;
      try {
        values = await read(backend, results[0]!);
      } finally {
        dispose(results);
      }
      const firstMs = this.stopwatch.since(start);
      this.expected ??= await budget.free(() => expectedRows(op, arrays[0]!, arrays[1], rows));
      const wrong = mismatch(values, this.expected, rows.inner, toleranceOf(backend));
      if (wrong !== null) throw new WrongResult(`${this.label} ${wrong}`);
      return {backend, firstMs, run: (calls) => timed(backend, run, calls), release: () => disposeOf(inputs)};
    } catch (error) {
      disposeOf(inputs);
      throw error;
    }
  }

  /** Each result was compared with the reference. */
  async judge(): Promise<Map<string, string>> {
    return new Map();
  }
}

function timed(backend: string, run: () => Tensor, calls: number): Promise<void> | void {
  const last = withBackend(backend, () => {
    for (let i = 1; i < calls; i++) run().dispose();
    return tidy(() => toBeAwaited(backend, [run()]));
  });
  return arrivalOf(backend, last, () => dispose(last));
}

/** What runs an op: x are the logits, v a vector of their shape for those that take one. */
function runnerOf(op: Op): (x: Tensor, v: Tensor | undefined, axis: number) => Tensor {
  const differentiated = GRADIENTS[op as GradientName];
  if (differentiated) {
    const {run} = FORWARD[differentiated];
    return (x, v, axis) => grad((t) => run(t, axis))(x, v);
  }
  const product = PRODUCTS[op as ProductName];
  if (product) return (x, v, axis) => product.run(x, v!, axis);
  const {run} = FORWARD[op as ForwardName];
  return (x, _, axis) => run(x, axis);
}
