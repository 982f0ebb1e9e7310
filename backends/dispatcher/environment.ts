/** What the surroundings say, in Node and in browsers alike: nothing of Node is imported. */

interface NodeProcess {
  env: Record<string, string | undefined>;
  versions?: {node?: string; bun?: string};
  platform: string;
  arch: string;
  getBuiltinModule?(name: string): unknown;
}

interface Builtins {
  'node:os': typeof import('node:os');
  'node:fs': typeof import('node:fs');
  'node:path': typeof import('node:path');
  'node:buffer': typeof import('node:buffer');
}

/** Node's `process`; undefined elsewhere. */
export function processOf(): NodeProcess | undefined {
  return (globalThis as {process?: NodeProcess}).process;
}

/**
 * A module of Node, without an import: one would keep bundlers from making this package fit for browsers.
 * @returns null where it cannot be had: in browsers, and in Node before 20.16
 */
export function builtin<K extends keyof Builtins>(name: K): Builtins[K] | null {
  return (processOf()?.getBuiltinModule?.(name) as Builtins[K] | undefined) ?? null;
}

/** What an error says, whatever was thrown, and wherever: errors of another realm are no instances of this one's. */
export function messageOf(error: unknown): string {
  return (error as Partial<Error> | null)?.message || String(error);
}
