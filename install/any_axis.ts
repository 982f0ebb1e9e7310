/**
 * tfjs's softmax and logSoftmax throw for any axis but the last, and its softmax for integers, before they call the engine.
 * There is no door behind that: the functions themselves are replaced, where they can be. What tfjs can do it does, by the
 * doors; the rest is computed here.
 */
import {Tensor} from '@tensorflow/tfjs-core';
import {logSoftmax} from '../kernels/log_softmax';
import {softmax} from '../kernels/softmax';
import {ENGINE, sharedByCopies} from '../tfjs/engine';
import {type Holder, namespaces, softmaxLayer, tensorMethods} from '../tfjs/public_functions';
import {canConvert} from './routes/softmax';

const OURS = {softmax, logSoftmax};
type Name = keyof typeof OURS;

/** On what has been put in the place of a function. */
const KEY = Symbol.for('tfjs-softmax: any axis, version 1');

type Anything = (...args: unknown[]) => unknown;

interface Place {
  holder: object;
  name: string;
  /** What was there before. */
  previous: Anything;
  /** What stands there, or inside of what a stranger has put there, while `isIn`. Made once for a place. */
  replacement: Anything;
  isIn: boolean;
}

/** Who has put something anywhere, of all copies of this package: the last one's functions are called. */
interface Shared {
  users: {ops: ReadonlySet<Name>; compute: (name: Name, logits: Tensor, axis: number) => Tensor}[];
  places: Place[];
}

const me: Shared['users'][number] = {
  ops: new Set(),
  compute: (name, logits, axis) => OURS[name](logits, axis),
};

function shared(): Shared {
  return sharedByCopies<Shared>(KEY, {users: [], places: []});
}

/** Has these ops take any axis, and integers. Idempotent; finds what has been loaded since. */
export function takeAnyAxis(ops: ReadonlySet<Name>): void {
  me.ops = ops;
  const all = shared();
  if (!all.users.includes(me)) all.users.push(me);
  for (const holder of [tensorMethods(), ...namespaces()]) {
    for (const name of Object.keys(OURS) as Name[]) replaceFunction(all, holder, name);
  }
  replaceLayer(all);
}

/** Takes that back; with the last copy of this package that had asked for it, all is as before. */
export function takeLastAxis(): void {
  const all = shared();
  all.users = all.users.filter((user) => user !== me);
  if (all.users.length > 0) return;
  for (const place of all.places) {
    // One that a stranger's is around cannot be taken away: it hands calls on, and serves again if it is needed again.
    if (!place.isIn || Reflect.get(place.holder, place.name) !== place.replacement) continue;
    Reflect.set(place.holder, place.name, place.previous);
    place.isIn = false;
  }
}

function replaceFunction(all: Shared, holder: Holder, name: Name): void {
  if (!Object.getOwnPropertyDescriptor(holder, name)?.writable) return;
  put(all, holder, name, (previous, self, args) => {
    // A method's logits are its object, tfjs's namespace is none.
    const [logits, axis] = self instanceof Tensor ? [self, args[0]] : args;
    return answer(all, name, logits, axis) ?? Reflect.apply(previous, self, args);
  });
}

/** The layer has a function of its own, from when it was made, which knows the last axis only. */
function replaceLayer(all: Shared): void {
  const layer = softmaxLayer();
  if (!layer) return;
  put(all, layer, 'call', (previous, self, args) => {
    const called = self as typeof layer;
    const own = called.softmax;
    called.softmax = (logits, axis) => answer(all, 'softmax', logits, axis) ?? own(logits, axis);
    try {
      return Reflect.apply(previous, called, args);
    } finally {
      called.softmax = own;
    }
  });
}

/** @param call what is done in the place of a function, by way of what was there before */
function put(
  all: Shared,
  holder: object,
  name: string,
  call: (previous: Anything, self: unknown, args: unknown[]) => unknown,
): void {
  const present = Reflect.get(holder, name) as Anything;
  let place = all.places.find((one) => one.holder === holder && one.name === name);
  if (place?.isIn && present !== place.previous) return; // there, or inside a stranger's
  if (!place) {
    const added: Place = {holder, name, previous: present, isIn: false, replacement};
    function replacement(this: unknown, ...args: unknown[]): unknown {
      return call(added.previous, this, args);
    }
    place = added;
    all.places.push(place);
  }
  place.previous = present;
  place.isIn = true;
  Reflect.set(holder, name, place.replacement);
}

/** The result where tfjs would throw and there is a kernel; else null. */
function answer(all: Shared, name: Name, logits: unknown, axis: unknown = -1): Tensor | null {
  const user = all.users.at(-1);
  if (!user?.ops.has(name) || !(logits instanceof Tensor) || !Number.isInteger(axis)) return null;
  const {dtype, rank} = logits;
  const resolved = (axis as number) < 0 ? (axis as number) + rank : (axis as number);
  if (resolved < 0 || resolved >= rank) return null; // tfjs says so
  if (resolved === rank - 1 && dtype === 'float32') return null; // on its way through a door
  ENGINE.backend; // starts the default one, as an op of tfjs would
  return canConvert(logits) ? user.compute(name, logits, resolved) : null;
}
