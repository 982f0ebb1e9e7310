import {backend, engine, type Tensor} from '@tensorflow/tfjs-core';

/** A scalar that holds any number: in tfjs's DEBUG mode `tf.scalar` takes NaN and infinities for mistakes, this does not. */
export function constant(value: number): Tensor {
  const dataId = backend().write(Float32Array.of(value), [], 'float32');
  return engine().makeTensorFromTensorInfo({dataId, shape: [], dtype: 'float32'});
}
