import {kernelsOn} from '../../../backends/engines/wasm/module';
import {pipeline} from '../../../backends/tensorflow/pipeline';
import {callsOf, partsOf} from '../../../backends/tensorflow/spans';
import {type Call, Threads} from '../../../backends/tensorflow/threads';
import {Random} from '../../cases/random';

const MIB = 1 << 20;
const memory = new WebAssembly.Memory({initial: 256, maximum: 256, shared: true});
const kernels = kernelsOn(memory);
const threads = new Threads(memory, kernels);

test('parts divided among threads give what one thread gives, job after job', async () => {
  const random = new Random(1);
  const logits = random.normals(MIB, 5);
  const [whole, apart, slots] = [0, 4 * MIB, 8 * MIB];
  new Float32Array(memory.buffer, whole, MIB).set(logits);

  const deadline = Date.now() + 20_000;
  let jobs = 0;
  while (jobs < 100 || (threads.count > 1 && threads.own === threads.submitted && Date.now() < deadline)) {
    const n = random.integer(4, 3000);
    const outer = random.integer(1, Math.floor(MIB / n));
    kernels.functions.softmax.LongRows(whole, apart, outer, n, 1, 0.5);

    // Each slot has the logits and after them the result.
    const parts = partsOf(outer, n, [n]);
    const bytes = 4 * n * parts[0]!.rows;
    const result = new Float32Array(outer * n);
    const start = (slot: number, tensor: number) => slots + (2 * slot + tensor) * bytes;
    const place = (part: number, slot: number, tensor: number) =>
      new Float32Array(memory.buffer, start(slot, tensor), parts[part]!.rows * n);
    const steps = {
      bringIn(part: number, slot: number) {
        const {first, rows} = parts[part]!;
        place(part, slot, 0).set(logits.subarray(first * n, (first + rows) * n));
        place(part, slot, 1).fill(0);
      },
      calls: (part: number, slot: number) =>
        callsOf(parts[part]!.rows, n).map(({first, rows}): Call => {
          const [x, y] = [0, 1].map((tensor) => start(slot, tensor) + 4 * first * n);
          return [['softmaxLongRows', x!, y!, rows, n, 1, 0.5]];
        }),
      takeOut: (part: number, slot: number) => result.set(place(part, slot, 1), parts[part]!.first * n),
    };
    pipeline(parts.length, steps, threads);
    expect(Buffer.from(result.buffer).equals(Buffer.from(memory.buffer, apart, result.byteLength))).toBe(true);
    jobs++;
    await new Promise(setImmediate);
  }
  expect(threads.submitted).toBeGreaterThan(100);
  if (threads.count > 1) expect(threads.own).toBeLessThan(threads.submitted);
});
