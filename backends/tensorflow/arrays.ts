/** Tensors as typed arrays. What TensorFlow holds becomes a new array each time, which is given back when it has served. */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {checkNotLost} from '../../tfjs/lost_values';
import {typed} from '../array_backend';
import type {Values} from '../engines/wasm/staging';
import {isNative, type NodeBackend} from './node_backend';

/** To give an array back takes 2 µs, a tenth of what a softmax of so many bytes takes. */
const WORTH_GIVING_BACK = 1 << 15;

/**
 * The values of a float32, int32 or bool tensor: the array it was made from, to be left as it is, or a copy.
 * @param copies collects the buffers of copies that are worth giving back
 */
export function arrayOf(tensor: TensorInfo, backend: NodeBackend, copies: ArrayBuffer[]): Values {
  const isCopy = isNative(tensor, backend); // first: it brings what another backend holds, and readSync does not
  const values = typed(backend.readSync(tensor.dataId), tensor.dtype);
  checkNotLost(tensor, values);
  if (isCopy && values.byteLength >= WORTH_GIVING_BACK) {
    copies.push(values.buffer as ArrayBuffer);
  }
  return values;
}

/**
 * Frees copies. Left to the garbage collector dozens of megabytes pile up, and each array is made of pages that the system
 * has to clear first: that can take three times as long as the softmax.
 */
export function giveBack(copies: ArrayBuffer[]): void {
  if (copies.length > 0) closedPort()?.postMessage(null, copies);
}

let closed: MessagePort | null | undefined;

/**
 * A port that leads nowhere: memory transferred there is freed at once, for which Node 20 has no other way. Null in jest's
 * jsdom, which has no such thing.
 */
function closedPort(): MessagePort | null {
  if (closed === undefined) {
    closed = typeof MessageChannel === 'undefined' ? null : new MessageChannel().port1;
    closed?.close();
  }
  return closed;
}
