import type {Clock} from './clock';
import type {Missing, Peer} from './peer';
import type {Machine} from './report';

/** Where the suite runs: this process or a page, with the backends and peers that are there. */
export interface Lab {
  machine: Machine;
  backends: {name: string; runs: string}[];
  missing: Missing[];
  clock: Clock;
  /** Makes a backend the active one, and says who is to be timed there. */
  activate(backend: string): Promise<Peer[]>;
}
