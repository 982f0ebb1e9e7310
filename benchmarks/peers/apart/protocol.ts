/** How a peer that has a process, or in a page a worker, of its own is talked to: one question at a time. */
import type {Candidate} from '../../suite/candidate';
import type {WorkloadPlan} from '../../suite/workload';
import type {Proof} from './proof';

/** What may be asked. A peer has one candidate at a time. */
export interface Apart {
  /** Loads the peer. @throws what keeps it from running */
  start(request: StartRequest): Promise<Started>;
  enter(workload: WorkloadPlan): Promise<Pick<Candidate, 'queued'>>;
  check: Candidate['check'];
  sample: Candidate['sample'];
  leave(): Promise<void>;
}

export interface StartRequest {
  name: string;
  /** In a page: where the library lies. */
  url?: string;
  version?: string;
}

export interface Started {
  ops: string[];
  proof: Proof;
}

export interface Question {
  id: number;
  method: keyof Apart;
  args: unknown[];
}

export type Answer = {id: number; result: unknown} | {id: number; error: string};

/** The other end of a channel, whatever it is made of. */
export interface Port<Incoming, Outgoing> {
  post(message: Outgoing): void;
  listen(onMessage: (message: Incoming) => void): void;
}

/** Answers questions, one after the other as they come. */
export function answer(port: Port<Question, Answer>, apart: Apart): void {
  let turn: Promise<void> = Promise.resolve();
  port.listen(({id, method, args}) => {
    turn = turn.then(async () => {
      try {
        const result = await (apart[method] as (...given: unknown[]) => unknown)(...args);
        port.post({id, result});
      } catch (error) {
        port.post({id, error: String(error).split('\n')[0]!});
      }
    });
  });
}

/** Asks; all that is open fails when the other end is gone. */
export class Line {
  private readonly open = new Map<number, {resolve: (result: never) => void; reject: (error: Error) => void}>();
  private count = 0;
  private gone: Error | null = null;

  constructor(private readonly port: Port<Answer, Question>) {
    port.listen((message) => {
      const asked = this.open.get(message.id);
      this.open.delete(message.id);
      if ('error' in message) asked?.reject(new Error(message.error));
      else asked?.resolve(message.result as never);
    });
  }

  ask<M extends keyof Apart>(method: M, ...args: Parameters<Apart[M]>): ReturnType<Apart[M]> {
    const answered = new Promise<never>((resolve, reject) => {
      if (this.gone) return reject(this.gone);
      const id = this.count++;
      this.open.set(id, {resolve, reject});
      this.port.post({id, method, args});
    });
    return answered as ReturnType<Apart[M]>;
  }

  /** The other end has ended, or never began. */
  end(reason: string): void {
    this.gone ??= new Error(reason);
    for (const {reject} of this.open.values()) reject(this.gone);
    this.open.clear();
  }
}
