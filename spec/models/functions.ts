/** What `models.spec.ts` does with models on a backend: the same in this process, in a page and beside tfjs-node. */
import '@tensorflow/tfjs'; // layers, and all gradients
import type {GraphModel} from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {install, uninstall} from '../../index';
import {watchKernels} from '../hosts/kernels';
import {type ClassifierFiles, type Features, layersModel, loadGraph, runGraph, runLayers} from './language_classifier';
import {profileRoute} from './routes';
import {type Task, train} from './transformer';

export interface Classified {
  backend: string;
  logits: Float32Array;
  probabilities: Float32Array;
  /** The names in `tf.profile`. */
  kernels: string[];
  leakedTensors: number;
}

interface Start {
  backend: string;
  flags: Record<string, boolean | number>;
  files: ClassifierFiles;
}

let graph: GraphModel;
let layers: LayersModel;

export const modelFunctions = {
  /** @param flags of tfjs's environment, set before the backend starts */
  async start({backend, flags, files}: Start): Promise<void> {
    for (const [name, value] of Object.entries({IS_TEST: true, ...flags})) tf.env().set(name, value);
    await tf.setBackend(backend);
    graph = await loadGraph(files);
    layers = layersModel(graph);
  },

  /** The models are loaded already when `install()` is called. */
  async classify(use: {model: 'graph' | 'layers'; features: Features; installed: boolean}): Promise<Classified> {
    const before = tf.memory().numTensors;
    if (use.installed) install();
    try {
      const run = () => (use.model === 'graph' ? runGraph(graph, use.features) : runLayers(layers, use.features));
      const {result, kernelNames} = await tf.profile(run);
      const [logits, probabilities] = (result as tf.Tensor[]).map((t) => t.dataSync<'float32'>());
      tf.dispose(result as tf.Tensor[]);
      const leakedTensors = tf.memory().numTensors - before;
      return {
        backend: tf.getBackend(),
        logits: logits!,
        probabilities: probabilities!,
        kernels: kernelNames,
        leakedTensors,
      };
    } finally {
      uninstall();
    }
  },

  async train({task, steps}: {task: Task; steps: number}) {
    const {kernels, stop} = watchKernels();
    try {
      return {...(await train(task, steps)), backend: tf.getBackend(), kernels: [...new Set(kernels)]};
    } finally {
      stop();
    }
  },

  profileRoute: ({name}: {name: string}) => profileRoute(name),
};
export type ModelFunctions = typeof modelFunctions;
