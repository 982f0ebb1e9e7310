import * as tf from '@tensorflow/tfjs-core';
import {backendReport} from 'tfjs-softmax';
import {realClock} from '../suite/clock';
import type {Lab} from '../suite/lab';
import type {Missing, Peer} from '../suite/peer';
import type {Machine} from '../suite/report';
import {copy} from './copy';
import {ours} from './ours';
import {stock} from './stock';
import {textbook} from './textbook';

/**
 * A lab of tfjs backends that have been started.
 * @param guests peers of no tfjs backend, which stand beside one of them
 * @param machineOf where all runs, given the versions of tfjs and of this package
 */
export async function labOf(
  started: string[],
  missing: Missing[],
  guests: {host: string | undefined; peers: Peer[]},
  machineOf: (versions: Record<string, string>) => Machine,
): Promise<Lab> {
  const {versions, backends} = await backendReport();
  return {
    machine: machineOf(versions),
    backends: backends.filter(({name}) => started.includes(name)).map(({name, runs}) => ({name, runs: runs ?? ''})),
    missing,
    clock: realClock(),
    async activate(backend) {
      await tf.setBackend(backend);
      return [ours(), stock(), textbook(), copy(), ...(backend === guests.host ? guests.peers : [])];
    },
  };
}
