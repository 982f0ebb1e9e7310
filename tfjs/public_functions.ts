/**
 * Where tfjs's own functions stand that can be replaced, so that whoever calls them by way of these places calls another.
 *
 * An `import` of an ES module cannot be replaced: there `tf.softmax` stays what it is. What `require` gives can, and all that
 * tfjs's packages import by `require`; so can methods of tensors, and the `tf` of a page that loads tfjs by script tags.
 *
 * Relies on: `_tfGlobals` of the global object has the class of tensors, one for all copies of tfjs-core; and the classes of
 * layers in the map that tfjs-layers registers them in, where the softmax layer calls a `softmax` of its own.
 */
import {serialization, Tensor} from '@tensorflow/tfjs-core';
import {ENGINE} from './engine';

/** An object with functions that take logits and an axis. */
export type Holder = Partial<Record<'softmax' | 'logSoftmax', (logits: unknown, axis?: number) => unknown>>;

/** What has methods of tensors: `x.softmax()` if tfjs's chained ops are loaded. */
export function tensorMethods(): Holder {
  const globals = (globalThis as {_tfGlobals?: Map<string, typeof Tensor>})._tfGlobals;
  return (globals?.get('Tensor') ?? Tensor).prototype as Holder;
}

type Namespace = Holder & {engine?: () => unknown};

let required: Namespace | undefined;

/** What `require('@tensorflow/tfjs-core')` gives; from the build for Node, since pages have no `require`. */
export function provideNamespace(namespace: unknown): void {
  required = namespace as Namespace;
}

/** That, and a page's `tf`. */
export function namespaces(): Holder[] {
  const {tf} = globalThis as {tf?: Namespace};
  return [...new Set([required, tf])].filter(
    (holder): holder is Namespace => typeof holder?.engine === 'function' && holder.engine() === ENGINE,
  );
}

interface SoftmaxLayer {
  softmax: (logits: unknown, axis?: number) => unknown;
  call(inputs: unknown, kwargs: unknown): unknown;
}

/** The methods of `tf.layers.softmax`, or null where tfjs-layers is not loaded, or has another such layer. */
export function softmaxLayer(): SoftmaxLayer | null {
  const registered = serialization.SerializationMap.getMap().classNameMap.Softmax?.[0];
  const methods = registered?.prototype as Partial<SoftmaxLayer> | undefined;
  return typeof methods?.call === 'function' ? (methods as SoftmaxLayer) : null;
}
