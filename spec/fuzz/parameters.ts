/**
 * How fast-check is called: the same cases in each run, unless the environment says otherwise. TFJS_SOFTMAX_FUZZ_SEED is a
 * number, or `random`; TFJS_SOFTMAX_FUZZ_RUNS a number of cases. A failure prints seed and path, and the case shrunk.
 */
export function fuzzParameters(name: string, numRuns: number): {seed: number; numRuns: number} {
  const {TFJS_SOFTMAX_FUZZ_SEED: given = '20261122', TFJS_SOFTMAX_FUZZ_RUNS: runs = numRuns} = process.env;
  const seed = given === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  process.stdout.write(`fuzzing ${name}: ${runs} cases, TFJS_SOFTMAX_FUZZ_SEED=${seed}\n`);
  return {seed, numRuns: Number(runs)};
}
