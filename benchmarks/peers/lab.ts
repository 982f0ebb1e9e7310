import * as tf from '@tensorflow/tfjs-core';
import {backendReport} from 'tfjs-softmax';
import {type Contender, here} from '../suite/candidate';
import {realClock} from '../suite/clock';
import type {Lab} from '../suite/lab';
import type {Missing} from '../suite/peer';
import type {Machine} from '../suite/report';
import type {Guests} from './apart/contender';
import {roundingOf} from './apart/proof';
import {copy} from './copy';
import {ours} from './ours';
import {stock} from './stock';
import {textbook} from './textbook';
import {mostThreads, type RestartWasm, useThreads} from './threads';

interface Found {
  /** tfjs backends that have been started. */
  started: string[];
  missing: Missing[];
  /** The backend that libraries beside tfjs stand at. */
  host: string | undefined;
  guests: Guests;
  restartWasm: RestartWasm | null;
}

/** @param machineOf where all runs, given the versions of tfjs, of this package and of the libraries */
export async function labOf(
  {started, missing, host, guests, restartWasm}: Found,
  machineOf: (versions: Record<string, string>) => Machine,
): Promise<Lab> {
  const {versions, backends} = await backendReport();
  const ofGuests = guests.identities.map(({package: name, version}) => [name, version]);
  const clock = realClock();
  const machine = machineOf({...versions, ...Object.fromEntries(ofGuests)});
  return {
    machine,
    backends: backends
      .filter(({name}) => started.includes(name))
      .map(({name, runs}) => ({name, runs: runs ?? '', mostThreads: mostThreads(name, machine.cores)})),
    peers: guests.identities,
    missing,
    clock,
    async activate(backend, threads) {
      if (threads !== null) await useThreads(threads, restartWasm);
      await tf.setBackend(backend);
      const own = [ours(), stock(), textbook(), copy()].map((peer): Contender => here(peer, clock));
      // They have one thread each.
      return [...own, ...(backend === host && (threads ?? 1) === 1 ? guests.contenders : [])];
    },
    close: guests.end,
  };
}

/** Roundings of what runs in this very program, which nothing else is to be taken for. */
export async function knownRoundings(backend: string): Promise<{name: string; rounding: string}[]> {
  await tf.setBackend(backend);
  const roundings: {name: string; rounding: string}[] = [];
  for (const peer of [ours(), stock()]) {
    roundings.push({name: `${peer.name} on ${backend}`, rounding: await roundingOf(peer)});
  }
  return roundings;
}
