// The second module: forward kernels with a mask, and cross-entropy with its derivative in the logits. It is compiled when
// one of them is first needed. Tensors are float32 at byte addresses that are multiples of four, none of them empty; an
// output overlaps no input; nothing else is written. Signatures stand at the head of each file.

export {crossEntropyGatheredRows} from './loss_gathered_rows';
export {crossEntropyGradientGatheredRows} from './loss_gradient_gathered_rows';
export {crossEntropyGradientLongRows} from './loss_gradient_long_rows';
export {crossEntropyLongRows} from './loss_long_rows';
export {maskedGatheredRows} from './masked_gathered_rows';
export {maskedLongRows} from './masked_long_rows';
