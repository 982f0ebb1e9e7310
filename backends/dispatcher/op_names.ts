import {FORWARD, type ForwardName, GRADIENTS, type GradientName, PRODUCTS, type ProductName} from '../../kernels/table';

export type Op = ForwardName | ProductName | GradientName;

/** The ops that a workload may name; `gradSoftmax` and so on are a forward and a backward pass by tf.grad. */
export const OP_NAMES = [FORWARD, PRODUCTS, GRADIENTS].flatMap(Object.keys) as Op[];
