import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {valuesOf} from './on_arrays';
import type {RowOp} from './row_op';
import {runRows} from './run_rows';
import {LOG1P} from './wgsl/log1p';

export function logPlus(x: TensorInfo, c: number, backend: WebGPUBackend): TensorInfo {
  const {shape} = x;
  if (backend.shouldExecuteOnCPU([x])) {
    const logarithms = Float32Array.from(valuesOf(x, backend), (value) => Math.log(value) + c);
    return backend.makeTensorInfo(shape, 'float32', logarithms);
  }
  // Each element is a row of its own.
  const rows = {outer: util.sizeFromShape(shape), n: 1, inner: 1};
  return runRows(`logPlus,${c}`, () => logPlusOp(c), [x], rows, shape, backend);
}

/**
 * log x + c of each element, for logits of given probabilities. WGSL's own log may give any number for 0 and NaN.
 *
 * x = 2^k (1 + f) as for log1p, and by the bits what has no logarithm, or is subnormal and might be taken for 0.
 */
function logPlusOp(c: number): RowOp {
  return {
    key: 'logPlus',
    registers: ['x'],
    uniforms: [['c', 'f32', c]],
    reduces: false,
    code: () => ({
      functions: `${LOG1P}
    fn logPlus(x: f32) -> i32 {
      let bits = bitcast<u32>(x);
      let isSubnormal = bits < 0x00800000u;
      let normal = select(bits, bitcast<u32>(f32(bits)), isSubnormal);
      let k = i32((normal + 0x400000u) >> 23u) - 127;
      let log = logOf(bitcast<f32>(normal - (u32(k) << 23u)) - 1.0, f32(k - select(0, 149, isSubnormal)));
      var result = bitcast<i32>(log + uniforms.c);
      if (bits >= 0x7f800000u) { result = bitcast<i32>(select(NAN_BITS, bits, bits == 0x7f800000u)); }
      if ((bits & 0x7fffffffu) == 0u) { result = bitcast<i32>(NEGATIVE_INFINITY_BITS); }
      return result;
    }`,
      result: (u) => `logPlus(x${u})`,
    }),
  };
}
