import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';

/** Waits until the GPU has done all that was asked of it. */
export async function finished(): Promise<void> {
  const backend = tf.backend() as WebGPUBackend;
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  await backend.device.queue.onSubmittedWorkDone();
}

export interface Times {
  /** Microseconds a call, of several calls in a row until the GPU has done them: the median over the rounds. */
  wall: number;
  /** Of these, how long JavaScript was busy. */
  host: number;
}

/** Times calls, one candidate after the other in each round; what they return is disposed of at once. */
export async function interleaved(
  candidates: Record<string, () => tf.Tensor>,
  rounds: number,
  roundMs: number,
): Promise<Record<string, Times>> {
  const run = async (f: () => tf.Tensor, calls: number) => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) f().dispose();
    const queued = performance.now();
    await finished();
    return {host: ((queued - start) * 1e3) / calls, wall: ((performance.now() - start) * 1e3) / calls};
  };
  const names = Object.keys(candidates);
  const calls: Record<string, number> = {};
  const seen: Record<string, Times[]> = {};
  for (const name of names) {
    await run(candidates[name]!, 2);
    const {wall} = await run(candidates[name]!, 4);
    calls[name] = Math.min(Math.max(Math.ceil((roundMs * 1e3) / wall), 3), 400);
    seen[name] = [];
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of names) seen[name]!.push(await run(candidates[name]!, calls[name]!));
  }
  const of = (times: Times[], key: keyof Times) => round(median(times.map((t) => t[key])));
  return Object.fromEntries(
    names.map((name) => [name, {wall: of(seen[name]!, 'wall'), host: of(seen[name]!, 'host')}]),
  );
}

/** Microseconds that the GPU itself is busy with a call, by its own clock: the median of so many. */
export async function gpuTime(f: () => tf.Tensor, samples: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    const {kernelMs} = (await tf.time(() => f().dispose())) as {kernelMs: number};
    times.push(kernelMs * 1e3);
  }
  return round(median(times));
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
