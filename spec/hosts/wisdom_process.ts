/** The program of a process that measures, or keeps wisdom in a file, when it is told to: others beside it do the same. */
import '@tensorflow/tfjs-backend-cpu';
import {saveWisdom} from '../../backends/dispatcher/storage';
import {put} from '../../backends/dispatcher/wisdom';
import {forgetWisdom, rankBackends} from '../../index';
import {registerFake, SimulatedClock} from './fakes';

const clock = new SimulatedClock(0.1);
let kernels = 0;
registerFake('fake', {
  onKernel: () => {
    kernels++;
    clock.pass(1);
  },
});

/** What became of a measurement that was to be remembered. */
export interface Measured {
  notes: string[];
  error: string | null;
  /** How many kernels of the family ran. */
  kernels: number;
}

const FUNCTIONS = {
  /** Measures softmax of that shape, and nothing known before. */
  async measure({path, shape}: {path: string; shape: number[]}): Promise<Measured> {
    forgetWisdom();
    kernels = 0;
    const options = {mode: 'measure', candidates: ['fake'], clock: clock.now, remember: path} as const;
    try {
      const {notes} = await rankBackends({op: 'softmax', shape}, options);
      return {notes, error: null, kernels};
    } catch (error) {
      return {notes: [], error: (error as Error).message, kernels};
    }
  },

  /** Keeps one entry after another, each for other rows: outer, n, inner. @returns what went wrong */
  async keep({path, rows: all}: {path: string; rows: [number, number, number][]}): Promise<string[]> {
    const problems: string[] = [];
    for (const rows of all) {
      const timing = {median: 1e6, p20: 1e6, p80: 1e6, samples: 5};
      const elements = rows.reduce((product, length) => product * length);
      const entry = {op: 'softmax', rows: rows.join(' x '), elements, backends: {fake: timing}} as const;
      forgetWisdom(); // it knows what the file has, and this
      const problem = await saveWisdom(path, () => put(entry));
      if (problem !== null) problems.push(problem);
    }
    return problems;
  },
};

export type Functions = typeof FUNCTIONS;

process.on('message', async ({name, argument}: {name: keyof Functions; argument: never}) => {
  process.send!(await FUNCTIONS[name](argument));
});
