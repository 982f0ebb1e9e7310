/** How many threads the kernels of a backend run on, where that can be said. */

/** @returns null where it cannot */
export function mostThreads(_backend: string): number | null {
  return null;
}

export async function useThreads(_backend: string, _threads: number): Promise<void> {}
