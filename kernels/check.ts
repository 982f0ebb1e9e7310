import {Tensor} from '@tensorflow/tfjs-core';

/** Texts in messages are cut to this many characters: they may come from a stranger's file. */
const LONGEST_TEXT = 200;

/** A value for an error message, whatever it is: nothing throws here. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string')
    return value.length > LONGEST_TEXT ? `'${value.slice(0, LONGEST_TEXT)}…'` : `'${value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'object') return withArticle(nameOfClass(value));
  return `a ${typeof value}, ${String(value)}`;
}

function withArticle(name: string): string {
  return `${/^[aeio]/i.test(name) ? 'an' : 'a'} ${name}`;
}

function nameOfClass(value: object): string {
  try {
    const type = (value as {constructor?: unknown}).constructor;
    return typeof type === 'function' ? `${type.name}` : 'object';
  } catch {
    return 'object'; // a getter or a proxy may throw
  }
}

/** What an argument is and must not be; `advice` is a sentence more. */
export function mustBe(op: string, name: string, allowed: string, value: unknown, advice = ''): Error {
  return new Error(`${op}: ${name} must be ${allowed}, but got ${show(value)}.${advice && ` ${advice}`}`);
}

/** @throws if the options of an op are no object that could have any */
export function checkOptions<T extends object>(op: string, options: T): T {
  if (typeof options === 'object' && options !== null && !Array.isArray(options) && !(options instanceof Tensor)) {
    return options;
  }
  throw mustBe(op, 'options', 'an object', options);
}

/**
 * One option of an object that `checkOptions` has let pass, read once: a getter may answer otherwise the second time.
 * Only the object's own properties are options: what somebody put on Object.prototype is not.
 *
 * @returns `otherwise` where the option is missing or undefined
 */
export function option<T extends object, K extends keyof T, D>(
  options: T,
  name: K,
  otherwise: D,
): Exclude<T[K], undefined> | D {
  const value = options[name];
  return value === undefined || !Object.hasOwn(options, name) ? otherwise : (value as Exclude<T[K], undefined>);
}

/** @throws if a number option is not a finite number */
export function checkFinite(op: string, name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw mustBe(op, name, 'a finite number', value);
}

/** @throws if a number option is not finite, or not in its range, which words describe */
export function checkRange(
  op: string,
  name: string,
  value: number,
  isIn: (value: number) => boolean,
  allowed: string,
  advice?: string,
): number {
  if (isIn(checkFinite(op, name, value))) return value;
  throw mustBe(op, name, allowed, value, advice);
}

/** Kernels count elements and rows in 32 bits. */
const MOST_ELEMENTS = 2 ** 31 - 1;

/**
 * @throws if a tensor of that shape has more elements than can be counted, or where a length is 0, more rows: their sums
 *   would have as many elements
 */
export function checkElements(op: string, name: string, shape: readonly number[]): void {
  let elements = 1;
  for (const length of shape) elements *= length === 0 ? 1 : length;
  if (elements <= MOST_ELEMENTS) return;
  throw new Error(
    `${op}: ${name} of shape [${shape}] would take ${elements} elements or rows. At most ${MOST_ELEMENTS} are ` +
      'allowed, since kernels count in 32 bits. Compute it in parts.',
  );
}

/** @throws if it is neither true nor false */
export function checkBoolean(op: string, name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw mustBe(op, name, 'true or false', value);
}
