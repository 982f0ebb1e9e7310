import type {OpName} from '../suite/ops';
import type {Peer} from '../suite/peer';

/** What is used of @huggingface/transformers: functions of one row, in plain JavaScript. */
export interface Transformers {
  softmax(row: Float32Array): Float32Array;
  log_softmax(row: Float32Array): Float32Array;
}

/** Row by row, into one result, as its users do with logits of several rows. */
export function transformersPeer(name: string, {softmax, log_softmax: logSoftmax}: Transformers): Peer {
  const ops: Partial<Record<OpName, (row: Float32Array) => Float32Array>> = {softmax, logSoftmax};
  return {
    name,
    ops: Object.keys(ops) as OpName[],
    async prepare({op, shape: [rows, n], inputs}) {
      const ofRow = ops[op]!;
      return {
        queued: false,
        run(which) {
          const {x} = inputs[which];
          if (rows === 1) return ofRow(x);
          const out = new Float32Array(rows * n);
          for (let row = 0; row < rows; row++) out.set(ofRow(x.subarray(row * n, (row + 1) * n)), row * n);
          return out;
        },
        peek: (out, index) => (out as Float32Array)[index]!,
        read: (out) => out as Float32Array,
        storage: (out) => (out as Float32Array).buffer,
        release: () => {},
        dispose: () => {},
      };
    },
  };
}
