/** A peer's own side of the line, in its process or worker. */
import {type Candidate, here} from '../../suite/candidate';
import type {Clock} from '../../suite/clock';
import type {Peer} from '../../suite/peer';
import {workload} from '../../suite/workload';
import {type Proof, roundingOf} from './proof';
import type {Apart, StartRequest} from './protocol';

/** A peer that was loaded, and what proves it but for its rounding. */
export interface Loaded {
  peer: Peer;
  /** Told once it has computed. @throws if what computed was something else */
  prove(): Omit<Proof, 'rounding'>;
}

export function guest(load: (request: StartRequest) => Promise<Loaded>, clock: Clock): Apart {
  let peer: Peer | undefined;
  let candidate: Candidate | undefined;
  const entered = () => {
    if (candidate) return candidate;
    throw new Error('no workload has been entered');
  };
  return {
    async start(request) {
      const loaded = await load(request);
      const rounding = await roundingOf(loaded.peer);
      peer = loaded.peer;
      return {ops: [...peer.ops], proof: {...loaded.prove(), rounding}};
    },
    async enter(plan) {
      candidate = await here(peer!, clock).enter(workload(plan));
      return {queued: candidate.queued};
    },
    check: () => entered().check(),
    sample: (calls, first) => entered().sample(calls, first),
    async leave() {
      await candidate?.dispose();
      candidate = undefined;
    },
  };
}
