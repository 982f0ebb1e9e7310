import {engine, reshape, logSumExp as stock, type Tensor} from '@tensorflow/tfjs-core';
import {toFloat32} from '../../kernels/input';
import {logSumExp} from '../../kernels/log_sum_exp';
import {openScopes} from '../../tfjs/scopes';
import {nativeOpsFor} from '../native_ops';
import {obstacleTo} from '../rehearse';
import type {Route} from '../route';
import {canConvert} from './softmax';

const SCOPE = 'logSumExp__op';

/** What tfjs composes logSumExp of, and in which of its ops. */
const STEPS = [
  'max__op: Max',
  'sub__op: Sub',
  'exp__op: Exp',
  'sum__op: Sum',
  'log__op: Log',
  'reshape__op: Reshape',
  'add__op: Add',
].map((step) => `${SCOPE} > ${step}`);

/**
 * tfjs composes logSumExp of kernels, with no door of its own. But its first step, the maximum, already has the tensor
 * and the axes: there the whole result is computed, and the steps that follow in the same op hand it on unchanged, until
 * the last returns it. On the tape there is only our kernel.
 */
export const logSumExpRoute: Route = {
  op: 'tf.logSumExp',
  obstacle: (tfjs) => obstacleTo(tfjs, (stub) => stock(stub, 0), STEPS),
  kernels: {
    Max({x}, {reductionIndices}) {
      const scope = enclosingScope();
      if (scope === null || !canConvert(x)) return null;
      const axes = [...(reductionIndices as number[])].sort((a, b) => a - b);
      if (axes.length === 0 || axes.some((axis, i) => axis !== axes[0]! + i)) return null;
      const logits = toFloat32('logSumExp', 'logits', x);
      const result =
        nativeOpsFor(logits)?.logSumExp(logits, axes) ?? logSumExp(logits, axes.length === 1 ? axes[0] : axes, true);
      current = {scope, axes, result};
      return current.result;
    },
    Sub: handOn,
    Exp: handOn,
    Sum() {
      if (handOn() === null) return null;
      const {result, axes} = current!;
      current!.result = reshape(
        result,
        result.shape.filter((_, i) => !axes.includes(i)),
      );
      return current!.result;
    },
    Log: handOn,
    Reshape: handOn,
    Add() {
      const result = handOn();
      if (result) current = null;
      return result;
    },
  },
};

/** The result on its way through the op: with the axes kept at length 1 up to the sum, then without them. */
let current: {scope: number; axes: number[]; result: Tensor} | null = null;

function handOn(): Tensor | null {
  return current !== null && current.scope === enclosingScope() ? current.result : null;
}

/** The id of the logSumExp whose own step the kernel is, or null. */
function enclosingScope(): number | null {
  const scope = openScopes(engine()).at(-2);
  return scope?.name === SCOPE ? scope.id : null;
}
