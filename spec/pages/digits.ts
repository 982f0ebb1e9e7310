/** A page that trains the digits example's classifier. */
import * as tf from '@tensorflow/tfjs-core';
import {type RawDigits, split} from '../../examples/digits/data';
import {classifier, evaluate, type Score, trainOnBatch} from '../../examples/digits/train';
import {install, uninstall} from '../../index';
import {watchKernels} from '../hosts/kernels';
import {expose} from '../hosts/page';

export interface TrainingRun extends Score {
  backend: string;
  /** Kernels of the family that ran, each once. */
  kernels: string[];
  /** Of each batch. */
  losses: number[];
  leakedTensors: number;
}

const functions = {
  async train(use: {backend: string; installed: boolean; digits: RawDigits; testCount: number}): Promise<TrainingRun> {
    await tf.setBackend(use.backend);
    const before = tf.memory().numTensors;
    const {train: training, test} = split(use.digits, use.testCount);
    if (use.installed) install();
    const {kernels, stop} = watchKernels();
    const losses: number[] = [];
    try {
      const model = classifier();
      for (let first = 0; first < training.count; first += 128) {
        losses.push(await trainOnBatch(model, training, first, 128));
      }
      const score = await evaluate(model, test);
      const {optimizer} = model;
      model.dispose();
      optimizer.dispose();
      tf.dispose([training.images, training.labels, test.images, test.labels]);
      const leakedTensors = tf.memory().numTensors - before;
      return {backend: tf.getBackend(), kernels: [...new Set(kernels)], losses, leakedTensors, ...score};
    } finally {
      stop();
      uninstall();
    }
  },
};
expose(functions);
export type Functions = typeof functions;
