/**
 * How long JavaScript and Dawn are busy with one `tf.softmax` of [64, 1000] on webgpu, stock and installed in turns: in a loop, and
 * inside a training step. Prints microseconds, of a young program and of a warm one: V8 optimizes what runs once a step only after
 * some thousand steps.
 *
 *     npx tsx benchmarks/webgpu_launch.ts
 *
 * The GPU has nothing to do meanwhile, so that a software GPU does as well as any: dispatches are of no workgroups, and shaders lose
 * their barriers, with which SwiftShader takes minutes to compile some.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {install, uninstall} from 'tfjs-softmax';
import {swiftShaderDriver} from '../spec/hosts/unpacked';
import {startWebGPU} from '../spec/hosts/webgpu';
import {type InTurn, measureInTurn} from './drop_in/measure';
import {quantile} from './suite/statistics';

const ROWS = 64;
const CLASSES = 1000;
/** Calls that are not counted in a young program and in a warm one, and all calls. */
const YOUNG = 50;
const WARM = 2000;
const ALL = 3500;

async function main(): Promise<void> {
  process.env.VK_ICD_FILENAMES ??= swiftShaderDriver();
  tf.env().set('PROD', true);
  const {device} = await startWebGPU();
  idle(device);

  const x = tf.add(tf.randomNormal([ROWS, CLASSES]), 0);
  const inLoop = await timesOf(() => tf.softmax(x));

  const model = layers.sequential();
  model.add(layers.layers.dense({units: CLASSES, activation: 'softmax', inputShape: [16]}));
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  const batch = tf.randomNormal([ROWS, 16]);
  const labels = tf.oneHot(tf.range(0, ROWS, 1, 'int32'), CLASSES);
  const inTraining = await timesOf(() => model.trainOnBatch(batch, labels));

  for (const [where, times] of Object.entries({'in a loop': inLoop, 'in a training step': inTraining})) {
    for (const [age, from, to] of [
      ['young', YOUNG, YOUNG + 600],
      ['warm', WARM, ALL],
    ] as const) {
      const median = (way: keyof InTurn) => quantile(times[way].forward.slice(from, to), 0.5);
      const [stock, installed] = [median('stock'), median('installed')];
      console.log(
        `${where}, ${age}: stock ${stock.toFixed(1)}, installed ${installed.toFixed(1)}, ${(installed / stock).toFixed(2)} of it`,
      );
    }
  }
  process.exit();
}

/** Leaves the GPU nothing to do. */
function idle(device: GPUDevice): void {
  const pass = globalThis.GPUComputePassEncoder.prototype;
  const {dispatchWorkgroups} = pass;
  pass.dispatchWorkgroups = function () {
    return dispatchWorkgroups.call(this, 0, 0, 0);
  };
  const createShaderModule = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) =>
    createShaderModule({...descriptor, code: descriptor.code.replaceAll('workgroupBarrier();', '')});
}

function timesOf(step: () => unknown): Promise<InTurn> {
  return measureInTurn({steps: {early: ALL, all: ALL}, make: () => step}, false, {
    stock: uninstall,
    installed: install,
  });
}

void main();
