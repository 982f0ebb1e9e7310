import {Threads} from '../backends/tensorflow/threads';
import {kernelsOn} from '../backends/wasm/module';
import {Random} from './cases/random';

const MIB = 1 << 20;

test('rows divided among threads give what one thread gives, job after job', async () => {
  const memory = new WebAssembly.Memory({initial: 256, maximum: 256, shared: true});
  const kernels = kernelsOn(memory);
  const threads = new Threads(kernels, memory);
  const random = new Random(1);
  new Float32Array(memory.buffer, 0, MIB).forEach((_, i, logits) => {
    logits[i] = random.normal(5);
  });

  const deadline = Date.now() + 20_000;
  for (let job = 0; job < 100 || (threads.count > 1 && threads.helped === 0 && Date.now() < deadline); job++) {
    const n = random.integer(4, 3000);
    const outer = random.integer(1, Math.floor(MIB / n));
    const bytes = 4 * outer * n;
    const [x, apart, together] = [0, 4 * MIB, 8 * MIB];
    kernels.functions.softmax.LongRows(x, apart, outer, n, 1, 0.5);
    new Uint8Array(memory.buffer, together, bytes).fill(0);
    const tensors = [x, together].map((address) => ({address, stride: 4 * n}));
    threads.run({kernel: 'softmaxLongRows', tensors, outer, n, inner: 1, factor: 0.5});
    const [expected, actual] = [apart, together].map((at) => Buffer.from(memory.buffer, at, bytes));
    expect(actual!.equals(expected!)).toBe(true);
    await new Promise(setImmediate);
  }
  if (threads.count > 1) expect(threads.helped).toBeGreaterThan(0);
});
