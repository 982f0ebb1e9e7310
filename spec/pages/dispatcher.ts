import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {
  backendReport,
  exportWisdom,
  forgetWisdom,
  type RankOptions,
  rankBackends,
  type SelectOptions,
  selectBackend,
  type Workload,
} from '../../index';
import {expose} from '../hosts/page';
import type {Fault} from '../hosts/planted_kernels';
import {inWebGL, plantEachProgram} from '../hosts/planted_programs';

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));
const tensors = () => tf.engine().state.numTensors;

const functions = {
  report: async () => {
    const before = tensors();
    return {report: plain(await backendReport()), leaked: tensors() - before};
  },
  /** Plants a fault in each program of webgl in turn, and has the self-check look for it. */
  plant: (fault: Fault) => plantEachProgram('webgl', inWebGL(tf.findBackend('webgl') as MathBackendWebGL), fault),
  async rank({workload, options}: {workload: Workload; options: RankOptions}) {
    const before = [tf.getBackend(), tensors()];
    const ranking = await rankBackends(workload, options);
    return {ranking: plain(ranking), text: String(ranking), before, after: [tf.getBackend(), tensors()]};
  },
  async select({workload, options}: {workload: Workload; options: SelectOptions}) {
    const selection = await selectBackend(workload, options);
    return {selection: plain(selection), active: tf.getBackend()};
  },
  /** What an earlier visit to the page has left. */
  async remembered({workload}: {workload: Workload}) {
    forgetWisdom();
    const ranking = await rankBackends(workload, {remember: 'localStorage'});
    return {sources: ranking.candidates.flatMap(({parts}) => parts.map(({source}) => source)), wisdom: exportWisdom()};
  },
  activate: (backend: string) => tf.setBackend(backend),
  setFlags: (flags: Record<string, boolean | number>) => {
    for (const [name, value] of Object.entries(flags)) tf.env().set(name, value);
  },
};
expose(functions);
export type Functions = typeof functions;
