/** The code of threads: a chunk of its own in pages, most of which have no memory to share; in the build for Node at hand. */
type ThreadsCode = typeof import('../engines/wasm/threads');

let code: ThreadsCode | null = null;
let failure: string | null = null;
let isLoading = false;

/** Null as long as it is not loaded; the first call begins to. */
export function threadsCode(): ThreadsCode | null {
  if (!code && !isLoading) load();
  return code;
}

/** Why it does not load; null if nothing is wrong. */
export function loadingFailure(): string | null {
  return failure;
}

export function provideThreads(provided: ThreadsCode): void {
  code = provided;
}

async function load(): Promise<void> {
  isLoading = true;
  try {
    const threads = await import('../engines/wasm/threads');
    code ??= threads;
  } catch (error) {
    failure = `the code of threads does not load: ${(error as Error).message}`;
    console.warn(`tfjs-softmax: ${failure}. One thread computes.`);
  }
}
