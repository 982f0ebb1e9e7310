import {setFlagsFromString} from 'node:v8';
import type {Build} from '../../../../backends/engines/wasm/features';
import type {Kernels} from '../../../../backends/engines/wasm/module';
import {forceBuild, kernelsOn} from '../../../../backends/engines/wasm/module';

// Node 20 has relaxed SIMD behind a flag; where it is without, the flag changes nothing.
setFlagsFromString('--experimental-wasm-relaxed-simd');

export const BUILDS: Build[] = ['simd', 'relaxed'];

const GUARD_BYTES = 64;
const GUARD = 0xa5;

/**
 * Tensors side by side in a memory, with guard bytes around each, and one of the builds at work on it. A test lays its
 * inputs and outputs, runs a kernel, and asks `intact`: nothing but the outputs may have changed.
 */
export class GuardedMemory {
  readonly kernels: Kernels;
  private readonly memory: WebAssembly.Memory;
  private readonly start: number;
  private next: number;
  private frozen: {pointer: number; bytes: Uint8Array}[] = [];

  /** @param start address of the first tensor: in the upper half of memory it is negative as a signed number */
  constructor(
    build: Build,
    {shared = false, start = 0, pages = 64}: {shared?: boolean; start?: number; pages?: number} = {},
  ) {
    this.memory = new WebAssembly.Memory({initial: pages, maximum: 65536, shared});
    forceBuild(build);
    try {
      this.kernels = kernelsOn(this.memory);
    } finally {
      forceBuild(undefined);
    }
    this.start = start;
    this.next = start;
  }

  /** Forgets the tensors, and takes their place for others. */
  clear(): void {
    this.next = this.start;
    this.frozen = [];
  }

  /** Lays an input. Odd multiples of `alignment` are as likely to be its address as even ones. */
  input(values: Float32Array | Int32Array | Uint8Array, alignment = 8): number {
    const pointer = this.place(values.byteLength, alignment);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.memory.buffer, pointer, values.byteLength).set(bytes);
    this.freeze(pointer, values.byteLength);
    return pointer;
  }

  /** Lays an output, filled with what no kernel leaves there. */
  output(length: number, alignment = 8): number {
    const pointer = this.place(length * 4, alignment);
    this.view(pointer, length).fill(-12345.678);
    return pointer;
  }

  values(pointer: number, length: number): Float32Array {
    return this.view(pointer, length).slice();
  }

  /** Whether all guard bytes and inputs are as they were laid. */
  intact(): boolean {
    return this.frozen.every(({pointer, bytes}) =>
      Buffer.from(this.memory.buffer, pointer, bytes.length).equals(bytes),
    );
  }

  private place(bytes: number, alignment: number): number {
    const before = Math.ceil(this.next / 16) * 16;
    const pointer = before + GUARD_BYTES + alignment;
    const after = pointer + bytes;
    new Uint8Array(this.memory.buffer, before, pointer - before).fill(GUARD);
    new Uint8Array(this.memory.buffer, after, GUARD_BYTES).fill(GUARD);
    this.freeze(before, pointer - before);
    this.freeze(after, GUARD_BYTES);
    this.next = after + GUARD_BYTES;
    return pointer;
  }

  private freeze(pointer: number, length: number): void {
    this.frozen.push({pointer, bytes: new Uint8Array(this.memory.buffer, pointer, length).slice()});
  }

  private view(pointer: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, pointer, length);
  }
}
