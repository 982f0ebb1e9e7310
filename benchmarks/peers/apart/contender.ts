/** The suite's side of the line: a peer in a process or worker of its own as a contender like the others. */
import {type Contender, UNCHECKED} from '../../suite/candidate';
import type {Fault} from '../../suite/check';
import type {Missing} from '../../suite/peer';
import type {PeerIdentity} from '../../suite/report';
import {refuseTwins} from './proof';
import type {Line, Started, StartRequest} from './protocol';

/** A process or worker that was started for one peer. */
export interface Place {
  line: Line;
  /** For people, such as `process 4711`. */
  name: string;
  end(): void;
}

export interface Guests {
  contenders: Contender[];
  identities: PeerIdentity[];
  refused: Missing[];
  end(): void;
}

/**
 * Starts peers, each in a place of its own, and keeps those that prove to be what they are.
 *
 * @param known roundings of what is known to run, such as ours
 */
export async function startGuests(
  requests: StartRequest[],
  open: (request: StartRequest) => Place,
  known: {name: string; rounding: string}[],
): Promise<Guests> {
  const outcomes = await Promise.all(requests.map((request) => started(request, open)));
  const running = outcomes.filter((one) => 'place' in one);
  const failed = outcomes.filter((one) => 'reason' in one);
  const {genuine, refused} = refuseTwins(
    running.map(({identity}) => identity),
    known,
  );
  const kept = running.filter(({identity, place}) => {
    if (genuine.includes(identity)) return true;
    place.end();
    return false;
  });
  return {
    contenders: kept.map(({identity, place, ops}) => contender(identity.name, ops, place)),
    identities: genuine,
    refused: [...failed, ...refused],
    end: () => {
      for (const {place} of kept) place.end();
    },
  };
}

/** Loading takes a second; both cores may be busy with something else. */
const START_MS = 30_000;

async function started(
  request: StartRequest,
  open: (request: StartRequest) => Place,
): Promise<{place: Place; identity: PeerIdentity; ops: string[]} | Missing> {
  const {name} = request;
  let place: Place | undefined;
  try {
    place = open(request);
    const late = setTimeout(() => place!.line.end(`it has not started within ${START_MS / 1000} s`), START_MS);
    const {ops, proof}: Started = await place.line.ask('start', request).finally(() => clearTimeout(late));
    return {place, ops, identity: {name, ran: place.name, ...proof}};
  } catch (error) {
    place?.end();
    return {name, reason: (error as Error).message.replace(/^Error: /, '')};
  }
}

function contender(name: string, ops: string[], {line}: Place): Contender {
  return {
    name,
    ops: ops as Contender['ops'],
    async enter({op, shape, distribution, madeBy}) {
      const {queued} = await line.ask('enter', {op, shape, distribution, madeBy});
      return {
        queued,
        // The other end may be gone by now: then this one failed, and nothing else.
        check: () => line.ask('check').catch((error) => ({...UNCHECKED, fault: failed(`${error}`)})),
        sample: (calls, first) =>
          line.ask('sample', calls, first).catch((error) => ({ms: Number.NaN, fault: failed(`while timed: ${error}`)})),
        dispose: () => line.ask('leave').catch(() => {}),
      };
    },
  };
}

function failed(reason: string): Fault {
  return {mark: 'failed', reason};
}
