/**
 * Modules that were compiled elsewhere and handed in, for hosts that do not compile bytes at run time.
 *
 * The build writes them as .wasm files with a custom section that says what they are. Nothing else would tell one build
 * from another, or from that of another version: the bytes cannot be seen any more.
 */
import {version} from '../../../package.json';
import type {Build, ModuleName} from './module';

/** The section's name. Its text is made by `labelText`. */
export const SECTION = 'tfjs-softmax';

interface Label {
  /** Which of the modules of this package. */
  name: ModuleName;
  build: Build;
  memory: 'shared' | 'unshared';
  /** Of the package: exports and their arguments may change from one to the next. */
  version: string;
}

export function labelText({name, build, memory}: Omit<Label, 'version'>): string {
  return `${name} ${build} ${memory} ${version}`;
}

const LABEL = /^(?<name>kernels|loss_mask) (?<build>simd|relaxed) (?<memory>shared|unshared) (?<version>\S+)$/;

export interface Precompiled {
  build: Build;
  module: WebAssembly.Module;
}

const given = new Map<string, Precompiled>();

/** The module of that name that was handed in for this kind of memory. */
export function precompiled(name: Label['name'], shared: boolean): Precompiled | undefined {
  return given.get(keyOf(name, shared ? 'shared' : 'unshared'));
}

/**
 * Keeps a module; one of the same name and for the same kind of memory is replaced.
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
  given.set(keyOf(label.name, label.memory), {build: label.build, module});
}

/** Forgets all that was handed in. */
export function forget(): void {
  given.clear();
}

function keyOf(name: string, memory: Label['memory']): string {
  return `${name}, ${memory}`;
}

function labelOf(module: WebAssembly.Module): Label {
  const sections = WebAssembly.Module.customSections(module, SECTION);
  const label = LABEL.exec(new TextDecoder().decode(sections[0]))?.groups as Label | undefined;
  if (!label) throw refusal('this module is not one of this package');
  if (label.version !== version) {
    throw refusal(`this module is of version ${label.version}, but the package is of version ${version}`);
  }
  return label;
}

/** An error that says why a module is not taken, and which are. */
export function refusal(why: string): Error {
  return new Error(
    `setWasmModule: ${why}. Allowed are compiled modules of the .wasm files in this package, as of ` +
      `import module from 'tfjs-softmax/kernels.wasm'.`,
  );
}
