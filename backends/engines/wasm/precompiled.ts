/**
 * Modules that were compiled elsewhere and handed in, for hosts that do not compile bytes at run time.
 *
 * The build writes them as .wasm files with a custom section that says what they are. Nothing else would tell one build
 * from another, or from that of another version: the bytes cannot be seen any more.
 */
import {version} from '../../../package.json';
import type {Build} from './features';

/** The section's name. Its text is made by `labelText`. */
export const SECTION = 'tfjs-softmax';

interface Label {
  build: Build;
  memory: 'shared' | 'unshared';
  /** Of the package: exports and their arguments may change from one to the next. */
  version: string;
}

export function labelText({build, memory}: Omit<Label, 'version'>): string {
  return `${build} ${memory} ${version}`;
}

const LABEL = /^(?<build>simd|relaxed) (?<memory>shared|unshared) (?<version>\S+)$/;

export interface Precompiled {
  build: Build;
  module: WebAssembly.Module;
}

const given = new Map<Label['memory'], Precompiled>();

/** The module that was handed in for this kind of memory. */
export function precompiled(shared: boolean): Precompiled | undefined {
  return given.get(shared ? 'shared' : 'unshared');
}

/**
 * Keeps a module; one for the same kind of memory is replaced.
 * @throws if it is not a module of this package and this version, or does not fit the memory that it says it is for
 */
export function keep(module: WebAssembly.Module): void {
  const label = labelOf(module);
  const memory =
    label.memory === 'shared'
      ? new WebAssembly.Memory({initial: 0, maximum: 65536, shared: true})
      : new WebAssembly.Memory({initial: 0});
  try {
    new WebAssembly.Instance(module, {env: {memory}});
  } catch (error) {
    throw refusal(`it does not run on a memory that is ${label.memory} (${(error as Error).message})`);
  }
  given.set(label.memory, {build: label.build, module});
}

/** Forgets what was handed in. */
export function forget(): void {
  given.clear();
}

function labelOf(module: WebAssembly.Module): Label {
  const sections = WebAssembly.Module.customSections(module, SECTION);
  const label = LABEL.exec(String.fromCharCode(...new Uint8Array(sections[0] ?? [])))?.groups as Label | undefined;
  if (!label) throw refusal('this module is not one of this package');
  if (label.version !== version) {
    throw refusal(`this module is of version ${label.version}, but the package is of version ${version}`);
  }
  return label;
}

/** An error that says why a module is not taken, and which are. */
export function refusal(why: string): Error {
  return new Error(
    `setWasmModule: ${why}. Pass a compiled .wasm file of this package, such as ` +
      `import module from 'tfjs-softmax/kernels.wasm'.`,
  );
}
