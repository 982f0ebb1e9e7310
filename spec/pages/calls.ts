/** A page that runs calls as data on one tfjs backend: the other end of `inBrowser`. */
import * as tf from '@tensorflow/tfjs-core';
import {backendReport} from '../../index';
import {runCall} from '../hosts/call';
import {expose} from '../hosts/page';

const functions = {
  /** Starts a backend, after setting tfjs's environment flags. */
  async start({backend, flags}: {backend: string; flags: Record<string, boolean | number>}): Promise<string> {
    tf.env().set('IS_TEST', true);
    for (const [name, value] of Object.entries(flags)) tf.env().set(name, value);
    if (!(await tf.setBackend(backend))) throw new Error(`tfjs's backend ${backend} does not start in this browser`);
    const {backends} = await backendReport({start: false});
    return `${backend} in ${navigator.userAgent.match(/Chrome\S*/)?.[0]}: ${backends.find(({name}) => name === backend)!.runs}`;
  },
  run: runCall,
};
expose(functions);
export type Functions = typeof functions;
