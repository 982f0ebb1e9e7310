import {Tensor} from '@tensorflow/tfjs-core';

/** A value for an error message, whatever it is: nothing throws here. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'object') return `a ${nameOfClass(value)}`;
  return `a ${typeof value}, ${String(value)}`;
}

function nameOfClass(value: object): string {
  const type = (value as {constructor?: unknown}).constructor;
  return typeof type === 'function' ? type.name : 'object';
}

/** @throws if the options of an op are no object that could have any */
export function checkOptions<T extends object>(op: string, options: T): T {
  if (typeof options === 'object' && options !== null && !Array.isArray(options) && !(options instanceof Tensor)) {
    return options;
  }
  throw new Error(`${op}: options must be an object, but got ${show(options)}.`);
}

/** @throws if a number option is not a finite number */
export function checkFinite(op: string, name: string, value: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Error(`${op}: ${name} must be a finite number, but got ${show(value)}.`);
  }
  return value;
}

/** @throws if it is neither true nor false */
export function checkBoolean(op: string, name: string, value: boolean): boolean {
  if (typeof value !== 'boolean') throw new Error(`${op}: ${name} must be true or false, but got ${show(value)}.`);
  return value;
}
