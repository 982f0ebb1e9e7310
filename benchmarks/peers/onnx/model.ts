import {encode} from './protobuf';

/** ONNX's numbers for float tensors and for attributes. */
const FLOAT = 1;
const INT = 2;
const INTS = 7;

const AXIS = encode({1: 'axis', 3: -1, 20: INT});
const AXES = encode({1: 'axes', 8: -1, 20: INTS});
const DROP_DIMS = encode({1: 'keepdims', 3: 0, 20: INT});

/** Nodes of operator set 13, each along the last axis. */
const NODES = {
  softmax: {type: 'Softmax', attributes: [AXIS], rank: 2},
  logSoftmax: {type: 'LogSoftmax', attributes: [AXIS], rank: 2},
  logSumExp: {type: 'ReduceLogSumExp', attributes: [AXES, DROP_DIMS], rank: 1},
};

export type OnnxOp = keyof typeof NODES;
export const ONNX_OPS = Object.keys(NODES) as OnnxOp[];

/** An ONNX model of one node, from `x` [rows, n] to `y`. Numbers are field numbers of onnx.proto. */
export function onnxModel(op: OnnxOp): Uint8Array {
  const {type, attributes, rank} = NODES[op];
  const node = encode({1: 'x', 2: 'y', 4: type, 5: attributes});
  const graph = encode({1: node, 2: op, 11: valueInfo('x', 2), 12: valueInfo('y', rank)});
  return encode({1: 8, 7: graph, 8: encode({2: 13})});
}

/** A float tensor with sizes that are known only when it is there. */
function valueInfo(name: string, rank: number): Uint8Array {
  const sizes = Array.from({length: rank}, (_, i) => encode({2: `${name}${i}`}));
  const tensor = encode({1: FLOAT, 2: encode({1: sizes})});
  return encode({1: name, 2: encode({1: tensor})});
}
