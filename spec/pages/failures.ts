/** A page in which everything that the ops ask of webgl is made to fail once, and its context is lost. */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {backendReport, logSumExp, rankBackends, softmax, softmaxVjp} from '../../index';
import {failureTable} from '../hosts/failure_table';
import {expose} from '../hosts/page';

const functions = {
  async start(flags: Record<string, boolean | number>): Promise<void> {
    tf.env().setFlags({...flags, IS_TEST: true});
    await tf.setBackend('webgl');
  },
  /** @param compiling whether programs are compiled, and textures made, anew for each failure */
  table({actions: only, most, compiling}: {actions: string[]; most?: number; compiling: boolean}) {
    return failureTable(
      () => {
        if (!compiling) return;
        const {binaryCache, textureManager} = tf.backend() as unknown as Inside;
        for (const key of Object.keys(binaryCache)) delete binaryCache[key];
        textureManager.freeTextures = {};
      },
      {only, most},
    );
  },
  /** Each check of the framebuffer, as tfjs makes them where it looks for faults, made to fail once. */
  async framebuffers(only: string[]) {
    const {gpgpu} = tf.backend() as MathBackendWebGL;
    Object.defineProperty(gpgpu, 'debug', {value: true, configurable: true});
    try {
      return await failureTable(() => {}, {only});
    } finally {
      delete (gpgpu as unknown as {debug?: boolean}).debug;
    }
  },
  /** The backend is started anew, with framebuffers that cannot be had, or are not complete. */
  async startWithout(what: 'createFramebuffer' | 'checkFramebufferStatus') {
    const {gl} = (tf.backend() as MathBackendWebGL).gpgpu;
    const refused = what === 'createFramebuffer' ? null : 0;
    const renew = (): void => {
      const factory = tf.findBackendFactory('webgl');
      tf.removeBackend('webgl');
      tf.registerBackend('webgl', factory, 2);
    };
    const flags = tf.env().getFlags();
    renew();
    await tf.setBackend('cpu');
    tf.env().reset();
    tf.env().setFlags({IS_TEST: true, WEBGL_CPU_FORWARD: false});
    Object.defineProperty(gl, what, {value: () => refused, configurable: true});
    const ranking = await rankBackends(
      {op: 'softmax', shape: [4, 10]},
      {mode: 'measure', candidates: ['webgl', 'cpu'], budgetMs: 500},
    );
    const report = await backendReport();
    const meanwhile = Array.from(softmax(tf.tensor1d([1, 1])).dataSync());
    delete (gl as Partial<WebGL2RenderingContext>)[what];
    renew();
    tf.env().reset();
    tf.env().setFlags(flags);
    await tf.setBackend('webgl');
    return {
      best: ranking.best,
      out: ranking.candidates.find(({backend}) => backend === 'webgl')!.out,
      entry: report.backends.find(({name}) => name === 'webgl')!,
      meanwhile,
      afterwards: softmax(tf.tensor1d([1, 1])).dataSync<'float32'>(),
    };
  },
  /** Loses the context. What ops say then, the report and rankings, and the first result after a new start. */
  async lose() {
    const {gl} = (tf.backend() as MathBackendWebGL).gpgpu;
    const x = tf.tensor1d([1, 2, 3]);
    gl.getExtension('WEBGL_lose_context')!.loseContext();
    const ops = [softmax, logSumExp, (logits: tf.Tensor1D) => softmaxVjp(logits, logits)];
    const messages = ops.map((op) => {
      try {
        return String(op(x).dataSync());
      } catch (error) {
        return (error as Error).message;
      }
    });
    const {backends} = await backendReport();
    const rankings = [];
    for (const mode of ['estimate', 'measure'] as const) {
      const options = {mode, candidates: ['webgl', 'cpu'], budgetMs: 500};
      rankings.push(await rankBackends({op: 'softmax', shape: [4, 10]}, options));
    }
    tf.env().set('IS_TEST', false); // tfjs would keep the programs that are in the lost context
    const factory = tf.findBackendFactory('webgl');
    tf.removeBackend('webgl');
    tf.registerBackend('webgl', factory);
    await tf.setBackend('webgl');
    return {
      messages,
      entry: backends.find(({name}) => name === 'webgl')!,
      rankings: rankings.map(({best, candidates}) => ({best, candidates})),
      afterwards: softmax(tf.tensor1d([1, 1])).dataSync<'float32'>(),
    };
  },
};
/** What tfjs's webgl backend keeps. */
interface Inside {
  binaryCache: Record<string, unknown>;
  textureManager: {freeTextures: object};
}

expose(functions);
export type Functions = typeof functions;
