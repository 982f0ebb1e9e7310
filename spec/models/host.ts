import {open} from '../hosts/browser';
import {NEVER_ON_THE_CPU} from '../hosts/in_browser';
import {TensorflowProcess} from '../hosts/tensorflow';
import {type ModelFunctions, modelFunctions} from './functions';
import type {ClassifierFiles} from './language_classifier';

type Argument<K extends keyof ModelFunctions> = Parameters<ModelFunctions[K]>[0];
type Result<K extends keyof ModelFunctions> = Awaited<ReturnType<ModelFunctions[K]>>;

/** Where models run: a backend in this process, in Chromium, or in a process with tfjs-node. */
export interface ModelHost {
  run<K extends keyof ModelFunctions>(name: K, argument: Argument<K>): Promise<Result<K>>;
  close(): Promise<void>;
}

export async function modelHost(backend: string, files: ClassifierFiles, cutAsForHardware = false): Promise<ModelHost> {
  const host = await hostOf(backend, cutAsForHardware);
  await host.run('start', {backend, files, flags: backend === 'webgl' ? NEVER_ON_THE_CPU : {}});
  return host;
}

async function hostOf(backend: string, cutAsForHardware: boolean): Promise<ModelHost> {
  if (backend === 'webgl') return open<ModelFunctions>({entry: 'spec/pages/models.ts', cutAsForHardware});
  if (backend === 'tensorflow') {
    const tensorflow = await TensorflowProcess.start('in JavaScript');
    return {
      run: async (name, argument) => (await tensorflow.call('model', {name, argument})) as never,
      close: () => tensorflow.stop(),
    };
  }
  return {
    run: async (name, argument) => (await modelFunctions[name](argument as never)) as never,
    close: async () => undefined,
  };
}
