import {engine} from '@tensorflow/tfjs-core';

export type Engine = ReturnType<typeof engine>;

/**
 * tfjs's engine: one for a program, shared by all copies of tfjs-core in it. Kept here for what runs in each call: to ask
 * for it is a call of another module, by way of a getter in the build for Node.
 */
export const ENGINE: Engine = engine();

/** What all copies of this package in a program share under a key, on the engine. */
export function sharedByCopies<T>(key: symbol, initial: T): T {
  const holder = ENGINE as unknown as Record<symbol, T>;
  if (!Object.hasOwn(holder, key)) Object.defineProperty(holder, key, {value: initial});
  return holder[key]!;
}

/**
 * Replaces a method of the engine where it stands: on the engine itself, or on its prototype.
 *
 * A method of the prototype must not be replaced on the engine and taken away with `delete`: V8 then keeps the engine's
 * properties in a dictionary, and every op of tfjs in the program takes longer, by a fifth in model.fit on wasm.
 *
 * @returns what puts the method back that was there
 */
export function replaceMethod<T extends object, K extends keyof T>(tfjs: T, name: K, method: T[K]): () => void {
  let owner = tfjs;
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const previous = owner[name];
  owner[name] = method;
  return () => {
    owner[name] = previous;
  };
}
