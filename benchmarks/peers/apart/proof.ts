/** What proves that a library is what ran under its name: two that look the same are not told apart by their times either. */
import type {Missing, Peer} from '../../suite/peer';
import type {PeerIdentity} from '../../suite/report';
import {type Workload, workload} from '../../suite/workload';

/** What a peer says of itself from inside its process. */
export type Proof = Omit<PeerIdentity, 'name' | 'ran'>;

/** Logits that implementations round differently: long sums of exponentials of all sizes. */
const ROUNDED: Workload = workload({op: 'softmax', shape: [16, 509], distribution: 'normal:4', madeBy: 'array'});

/** A hash of the bits of a peer's softmax of those logits. */
export async function roundingOf(peer: Peer): Promise<string> {
  const runner = await peer.prepare(ROUNDED);
  try {
    const out = await runner.run(0);
    const values = Float32Array.from(await runner.read(out));
    runner.release(out);
    return hashOf(new Uint32Array(values.buffer));
  } finally {
    runner.dispose();
  }
}

/** FNV-1a over words, twice with different beginnings: 16 hexadecimal digits. */
function hashOf(words: Uint32Array): string {
  return [0x811c9dc5, 0x01234567]
    .map((begin) => {
      const hash = words.reduce((h, word) => Math.imul(h ^ word, 0x01000193) ^ (h >>> 15), begin);
      return (hash >>> 0).toString(16).padStart(8, '0');
    })
    .join('');
}

/**
 * Parts peers whose results are the same bit for bit from those that are their own: of two such, one at least is not what it
 * says, and which of them cannot be told.
 *
 * @param known roundings of what is known to run, such as ours
 */
export function refuseTwins(
  peers: PeerIdentity[],
  known: {name: string; rounding: string}[],
): {genuine: PeerIdentity[]; refused: Missing[]} {
  const twinsOf = ({name, rounding}: PeerIdentity) =>
    [...peers, ...known]
      .filter((other) => other.name !== name && other.rounding === rounding)
      .map((other) => other.name);
  return {
    genuine: peers.filter((peer) => twinsOf(peer).length === 0),
    refused: peers.flatMap((peer) => {
      const twins = twinsOf(peer);
      if (twins.length === 0) return [];
      const reason =
        `its results are those of ${twins.join(' and ')} bit for bit (rounding ${peer.rounding}), so what ran is not known to be ` +
        `${peer.package} ${peer.version}. It is not shown`;
      return [{name: peer.name, reason}];
    }),
  };
}
