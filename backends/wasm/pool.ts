import {hasThreads} from '../engines/wasm/features';
import {isShared, type Kernels} from '../engines/wasm/module';
import {threadsAsked} from '../engines/wasm/thread_count';
import type {Threads} from '../engines/wasm/threads';
import {loadingFailure, threadsCode} from './load_threads';

const MOST_BY_DEFAULT = 8;

let isEnabledInNode = false;

/** By enableWasmThreads, which has the memory shared of the backend that starts next. */
export function enableInNode(): void {
  isEnabledInNode = true;
}

/** How many threads a pool is going to have if all goes well, of a backend that is yet to start. */
export function threadsBeforeStart(): number {
  if (isPage() ? !hasThreads() : !isEnabledInNode) return 1;
  // tfjs has half of what the machine has.
  return threadsAsked() ?? countByDefault(Math.max(1, (globalThis.navigator?.hardwareConcurrency ?? 1) >> 1));
}

/** tfjs itself has one thread in Node. */
function countByDefault(ofTfjs: number): number {
  return Math.min(isPage() ? ofTfjs : coresInNode(), MOST_BY_DEFAULT);
}

/** The threads that share the memory of one backend object: as many as are asked for now. */
export class Pool {
  private current: Threads | null = null;
  private failure: string | null = null;
  private readonly isShared: boolean;
  private readonly byDefault: number;

  /**
   * Starts nothing yet.
   * @param ofTfjs how many threads tfjs has on that backend
   * @param idle is called when a thread has had nothing to do for some seconds
   */
  constructor(
    private readonly kernels: Kernels,
    ofTfjs: number,
    private readonly idle: () => void,
  ) {
    this.isShared = isShared(kernels.memory);
    this.byDefault = countByDefault(ofTfjs);
  }

  /** How many threads compute at most, the one that calls too. */
  get count(): number {
    return this.obstacle === null ? this.wanted : 1;
  }

  /** Null if one thread computes. */
  get threads(): Threads | null {
    const {count, current} = this;
    if (current && (current.busy || current.count !== count)) this.stop();
    if (count === 1) return null;
    this.current ??= this.make(count);
    return this.current;
  }

  /** For people. */
  describe(): string {
    const {count, obstacle} = this;
    if (count > 1) return `on up to ${count} threads`;
    return `on one thread: ${obstacle ?? (threadsAsked() === 1 ? 'by setThreads(1)' : 'tfjs uses no more here')}`;
  }

  /** Ends the other threads. The next job that is worth it starts new ones, unless one has failed. */
  stop(): void {
    this.current?.stop();
    this.failure ??= this.current?.failure ?? null;
    this.current = null;
  }

  private make(count: number): Threads | null {
    const code = threadsCode();
    const host = code?.threadHost();
    if (code && !host) this.failure = 'this host starts no threads';
    return code && host ? new code.Threads(this.kernels, host, count, this.idle) : null;
  }

  private get wanted(): number {
    return threadsAsked() ?? this.byDefault;
  }

  /** What keeps the work on one thread, however many are wanted. */
  private get obstacle(): string | null {
    if (!this.isShared)
      return `tfjs's memory is not shared; ${isPage() ? TO_ISOLATE : 'enableWasmThreads() shares it'}`;
    return this.failure ?? this.current?.failure ?? loadingFailure();
  }
}

const TO_ISOLATE = 'a page with the headers COOP: same-origin and COEP: require-corp has one that is';

/** A page, or a worker of one. */
function isPage(): boolean {
  return 'crossOriginIsolated' in globalThis;
}

function coresInNode(): number {
  return globalThis.process?.getBuiltinModule?.('node:os').availableParallelism() ?? 1;
}
