import {type Call, SLOTS, type Threads} from './threads';

/** What becomes of each part of a tensor in its slot of the memory. */
export interface Steps {
  bringIn(part: number, slot: number): void;
  calls(part: number, slot: number): Call[];
  takeOut(part: number, slot: number): void;
}

/**
 * Takes a tensor through the slots, part by part: this thread copies one part out and the next one in while the others
 * compute, and computes too when there is nothing to copy. So all of it stays in the processor's cache, whatever the
 * tensor's size. After an error calls may be left over, and the threads are of no more use.
 */
export function pipeline(parts: number, steps: Steps, threads: Threads): void {
  let [brought, taken] = [0, 0];
  while (taken < parts) {
    const oldest = taken % SLOTS;
    if (taken < brought && threads.isFinished(oldest)) {
      steps.takeOut(taken, oldest);
      taken++;
    } else if (brought < parts && brought < taken + SLOTS) {
      const free = brought % SLOTS;
      steps.bringIn(brought, free);
      threads.submit(free, steps.calls(brought, free));
      brought++;
    } else {
      threads.help(oldest);
    }
  }
}
