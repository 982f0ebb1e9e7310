/** What one thread needs to give the results of several. The threads' own part is chunks.ts. */
import {type Caller, launch, type Plan} from './plan';

/** From here on other threads that are awake are worth their coming, in nanoseconds of work; below, handing over costs more. */
export const WORTH_SHARING_NS = 8_000;

const PART_OF_TOTAL_NS = 30_000;
const MOST_PARTS_OF_TOTAL = 64;

/** How many parts the one number of a plan is summed of, in order: the same for any number of threads. */
export function partsOfTotal({ns, rows}: Plan): number {
  return Math.min(Math.max(Math.floor(ns / PART_OF_TOTAL_NS), 1), MOST_PARTS_OF_TOTAL, rows.outer);
}

/** The first block of part number `number`, of so many. */
export function firstOf(number: number, count: number, {outer}: Plan['rows']): number {
  return Math.floor((number * outer) / count);
}

/** A total, of its parts in order. */
export function sumOf(parts: Float32Array): number {
  let sum = 0;
  for (const part of parts) sum += part;
  return sum;
}

export type Addresses = readonly [x: number, out: number, second: number, third: number];

/** Executes the parts of a total one after the other on this thread. */
export function launchInParts(plan: Plan, call: Caller, [x, out, second, third]: Addresses, count: number): void {
  const {rows, secondPerBlock, thirdPerBlock} = plan;
  for (let number = 0; number < count; number++) {
    const first = firstOf(number, count, rows);
    const from = x + 4 * first * rows.n * rows.inner;
    const [a, b] = [second + 4 * first * secondPerBlock, third + 4 * first * thirdPerBlock];
    launch(plan, call, from, out + 4 * number, a, b, first, firstOf(number + 1, count, rows) - first);
  }
}
