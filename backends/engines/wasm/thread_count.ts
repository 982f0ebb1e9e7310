/** How many threads were asked for, for all pools of this package. */

/** The most that can be asked for. */
export const MOST_THREADS = 64;

let asked: number | null = null;

/** By setThreads; null if the number is left to this package. */
export function threadsAsked(): number | null {
  return asked;
}

export function askForThreads(count: number | null): void {
  asked = count;
}
