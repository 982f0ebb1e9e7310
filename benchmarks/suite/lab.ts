import type {Contender} from './candidate';
import type {Clock} from './clock';
import type {Missing} from './peer';
import type {BackendFacts, Machine, PeerIdentity} from './report';

/** Where the suite runs: this process or a page, with the backends and peers that are there. */
export interface Lab {
  machine: Machine;
  backends: BackendFacts[];
  /** Libraries beside tfjs, each with what proves that it is what ran. */
  peers: PeerIdentity[];
  missing: Missing[];
  clock: Clock;
  /** Makes a backend the active one, on so many threads where that can be said, and tells who is to be timed there. */
  activate(backend: string, threads: number | null): Promise<Contender[]>;
  /** Ends what was started for it. */
  close(): void;
}
