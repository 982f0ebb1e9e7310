export {softmaxLongRows, logSoftmaxLongRows, logSumExpLongRows} from './long_rows';
