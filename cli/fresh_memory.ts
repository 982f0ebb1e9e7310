import type {Selection} from 'tfjs-softmax';

/** From this size on, in bytes, C libraries such as glibc ask the system for each block, and give it back when it is freed. */
const FROM_SYSTEM = 128 * 1024;
/** A spread of samples that page faults may explain. */
const WIDE = 2;
const REPEATS = 21;

/**
 * Which of the measured times are page faults of fresh memory: on cpu each result is an array of its own, and a large one has
 * pages that the system gives and clears when they are first touched. For the figures that spread as those do.
 */
export function freshMemoryNotes({candidates}: Selection): string[] {
  const parts = candidates.filter(({backend}) => backend === 'cpu').flatMap((candidate) => candidate.parts);
  return parts.flatMap(({op, shape, timing}) => {
    const bytes = 4 * shape.reduce((all, length) => all * length, 1);
    if (!timing || bytes < FROM_SYSTEM || timing.p80 < WIDE * timing.p20) return [];
    const ms = freshMemoryMs(bytes);
    return [
      `cpu, ${op} ${shape.join('x')}: ${format(timing.p20)} to ${format(timing.p80)} ms. Its result takes ${bytes >> 10} KiB. ` +
        `In some calls this is fresh memory from the system, which alone takes ${format(ms)} ms here.`,
    ];
  });
}

/** Milliseconds of touching so much memory that the system has just given: the 80th percentile of some times. */
function freshMemoryMs(bytes: number): number {
  const kept: Float32Array[] = [];
  const times = Array.from({length: REPEATS}, () => {
    const start = performance.now();
    kept.push(new Float32Array(bytes / 4).fill(1));
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(0.8 * REPEATS)]!;
}

function format(ms: number): string {
  return ms.toPrecision(2);
}
