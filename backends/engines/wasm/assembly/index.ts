// The exported kernels. All have their first arguments in common, and take as many of these as they need:
//
//   (x, y, outer, n, inner, scale, second, third, ...)
//
// x is the input and y the result; `second` and `third` are what else goes in: mask, vector, labels, cotangents. They are byte
// addresses, multiples of four (a mask's may be any), of tensors that are seen as [outer, n, inner], none of these 0.
// An output overlaps no input; nothing else is written. What more a kernel needs stands at the head of its file.
export {softmaxLongRows, logSoftmaxLongRows, logSumExpLongRows} from './long_rows';
export {softmaxShortRows, logSoftmaxShortRows, logSumExpShortRows} from './short_rows';
export {softmaxStridedRows, logSoftmaxStridedRows, logSumExpStridedRows} from './strided_rows';
export {softmaxGatheredRows, logSoftmaxGatheredRows, logSumExpGatheredRows} from './gathered_rows';
export {softmaxMaskedRows, logSoftmaxMaskedRows, logSumExpMaskedRows} from './masked_rows';
export {
  softmaxProductLongRows, logSoftmaxJvpLongRows, logSoftmaxVjpLongRows, logSoftmaxGradientLongRows,
} from './product_long_rows';
export {softmaxProductStridedRows, logSoftmaxJvpStridedRows, logSoftmaxVjpStridedRows} from './product_strided_rows';
export {softmaxProductGatheredRows, logSoftmaxJvpGatheredRows, logSoftmaxVjpGatheredRows} from './product_gathered_rows';
export {crossEntropyLongRows} from './loss_long_rows';
export {crossEntropyGatheredRows} from './loss_gathered_rows';
export {crossEntropyGradientLongRows} from './loss_gradient_long_rows';
export {crossEntropyGradientGatheredRows} from './loss_gradient_gathered_rows';
export {piecesOfLongRows} from './shared_rows';
