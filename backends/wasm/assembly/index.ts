// The exported kernels. All forward kernels have one signature and all products another, whatever they ignore of it:
//   (x, y, outer, n, inner, scale)      (y, v, out, outer, n, inner, factor)
// Tensors are float32 at byte addresses, aligned to four or more, seen as [outer, n, inner]; outputs overlap no input;
// nothing else is written. outer, n and inner are 1 or more; what a kernel needs beyond that stands at the head of its file.
export {softmaxLongRows, logSoftmaxLongRows, logSumExpLongRows} from './long_rows';
export {
  softmaxStridedRows, logSoftmaxStridedRows, logSumExpStridedRows,
  softmaxGatheredRows, logSoftmaxGatheredRows, logSumExpGatheredRows,
} from './lane_rows';
export {softmaxProductLongRows, logSoftmaxJvpLongRows, logSoftmaxVjpLongRows} from './product_long_rows';
export {
  softmaxProductStridedRows, logSoftmaxJvpStridedRows, logSoftmaxVjpStridedRows,
  softmaxProductGatheredRows, logSoftmaxJvpGatheredRows, logSoftmaxVjpGatheredRows,
} from './product_lane_rows';
export {softmaxShortRows, logSoftmaxShortRows, logSumExpShortRows} from './short_rows';
export {softmaxWideRows, logSoftmaxWideRows, logSumExpWideRows} from './wide_rows';
