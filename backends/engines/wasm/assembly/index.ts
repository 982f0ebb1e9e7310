// The exported kernels. All forward kernels have one signature and all products another, whatever they ignore of it:
//   (x, y, outer, n, inner, scale)      (y, v, out, outer, n, inner, factor)
// Those of masked and loss kernels stand at the head of their files.
// Tensors are float32 at byte addresses that are multiples of four, seen as [outer, n, inner], none of them 0; an
// output overlaps no input; nothing else is written. What a kernel needs beyond that stands at the head of its file.
export {softmaxLongRows, logSoftmaxLongRows, logSumExpLongRows} from './long_rows';
export {softmaxShortRows, logSoftmaxShortRows, logSumExpShortRows} from './short_rows';
export {softmaxStridedRows, logSoftmaxStridedRows, logSumExpStridedRows} from './strided_rows';
export {softmaxGatheredRows, logSoftmaxGatheredRows, logSumExpGatheredRows} from './gathered_rows';
export {
  softmaxProductLongRows, logSoftmaxJvpLongRows, logSoftmaxVjpLongRows, logSoftmaxGradientLongRows,
} from './product_long_rows';
export {softmaxProductStridedRows, logSoftmaxJvpStridedRows, logSoftmaxVjpStridedRows} from './product_strided_rows';
export {softmaxProductGatheredRows, logSoftmaxJvpGatheredRows, logSoftmaxVjpGatheredRows} from './product_gathered_rows';
export {maskedLongRows} from './masked_long_rows';
export {maskedGatheredRows} from './masked_gathered_rows';
export {crossEntropyLongRows} from './loss_long_rows';
export {crossEntropyGatheredRows} from './loss_gathered_rows';
export {crossEntropyGradientLongRows} from './loss_gradient_long_rows';
export {crossEntropyGradientGatheredRows} from './loss_gradient_gathered_rows';
