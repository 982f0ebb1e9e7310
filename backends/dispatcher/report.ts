import {engine, getBackend, version_core} from '@tensorflow/tfjs-core';
import {checkBoolean, checkOptions, option} from '../../kernels/check';
import {version} from '../../package.json';
import {hasOwnKernels, implementationOn} from '../registration';
import {obstacle} from './availability';
import {messageOf} from './environment';
import {factsOf, isSoftwareGpu, PACKAGES} from './facts';
import {type Machine, machine} from './machine';
import {checkMs} from './options';
import {type CheckedVariant, type SelfCheck, selfCheck} from './self_check';
import {oneAtATime, START_LIMIT_MS, start} from './start';
import {now, smallestStep} from './stopwatch';

/** A backend that is registered with tfjs. */
export interface BackendEntry {
  /** The name that tfjs uses. */
  name: string;
  /** Whether this package has kernels for it, or combines ops of tfjs. */
  kernels: 'own' | 'composed';
  /** Whether it has started. */
  started: boolean;
  /** What runs there, and why; null until it has started. */
  runs: string | null;
  /** Whether it runs on a GPU that is simulated on the CPU. */
  softwareGpu: boolean;
  /**
   * Whether every variant of the kernels that it would use gave a correct result in one run; null if it has not started.
   */
  check: 'PASS' | 'FAIL' | null;
  /** The variants that were run, and what is wrong with each. */
  variants: CheckedVariant[];
  /** Why it does not run, or what is wrong with it; null if nothing is. */
  problem: string | null;
}

/** The hardware, the backends and what runs on them: plain data that prints as text. */
export interface BackendReport {
  /** Versions of this package and of tfjs-core. */
  versions: {
    /** This package. */
    'tfjs-softmax': string;
    /** The tfjs-core in use. */
    'tfjs-core': string;
  };
  /** The active backend; null if there is none. */
  active: string | null;
  /** The hardware and the browser. */
  machine: Machine;
  /** Every backend that is registered with tfjs. */
  backends: BackendEntry[];
  /** Other backends that this package has kernels for, and the package to import for each. */
  notRegistered: {
    /** tfjs's name of the backend. */
    name: string;
    /** What to import. */
    package: string;
  }[];
  /** The report as text. */
  toString(): string;
}

/** Options of `backendReport`. */
export interface ReportOptions {
  /** Whether to start the backends that have not started yet, and to check each; true by default. */
  start?: boolean;
  /** How many milliseconds each backend may take to start; 5000 by default. */
  startLimitMs?: number;
}

/** See index.ts. */
export async function backendReport(options: ReportOptions): Promise<BackendReport> {
  checkOptions('backendReport', options);
  const starts = option(options, 'start', true);
  const startLimitMs = option(options, 'startLimitMs', START_LIMIT_MS);
  checkBoolean('backendReport', 'start', starts);
  checkMs('startLimitMs', startLimitMs);
  const names = engine().backendNames();
  const backends = await oneAtATime(async () => {
    const entries: BackendEntry[] = [];
    for (const name of names) {
      const failure = starts ? ((await start(name, startLimitMs))?.why ?? null) : null;
      const check = starts && engine().registry[name] != null ? await selfCheck(name) : null;
      entries.push(entryOf(name, failure, check));
    }
    return entries;
  });
  return printable({
    versions: {'tfjs-softmax': version, 'tfjs-core': version_core},
    active: getBackend() || null,
    machine: {...machine(), timerResolutionMs: smallestStep(now)},
    backends,
    notRegistered: [...PACKAGES].flatMap(([name, pkg]) => (names.includes(name) ? [] : [{name, package: pkg}])),
  });
}

/** As text for people; as JSON it is the plain facts. */
function printable(report: Omit<BackendReport, 'toString'>): BackendReport {
  const value = () => reportInWords(report);
  return Object.defineProperty(report, 'toString', {value, enumerable: false});
}

/** For tfjs-node in a program that has the build of this package for pages. */
const LEFT_OUT =
  'combined from tfjs ops: only the build of this package for Node has kernels for this backend, and this is the build for ' +
  'pages. Bundle for Node, or keep tfjs-softmax out of the bundle';

function runsOn(name: string): string {
  if (factsOf(name)?.onlyInNode && !hasOwnKernels(name)) return LEFT_OUT;
  return implementationOn(name).describe(engine().registry[name] as never);
}

function entryOf(name: string, failure: string | null, checked: SelfCheck | null): BackendEntry {
  const backend = engine().registry[name];
  const kernels = hasOwnKernels(name) ? 'own' : 'composed';
  const common = {name, kernels, started: backend != null, softwareGpu: isSoftwareGpu(name)} as const;
  if (backend == null) return {...common, runs: null, check: null, variants: [], problem: failure ?? obstacle(name)};
  const wrong = checked?.problem ?? null;
  const check = checked ? (wrong === null ? 'PASS' : 'FAIL') : null;
  const known = {...common, check, variants: checked?.variants ?? []} as const;
  try {
    return {...known, runs: runsOn(name), problem: wrong};
  } catch (error) {
    return {...known, runs: null, problem: wrong ?? `cannot say what it runs on: ${messageOf(error)}`};
  }
}

/** A report as text for people. */
function reportInWords({versions, active, machine, backends, notRegistered}: Omit<BackendReport, 'toString'>): string {
  const {runtime, platform, processor, cores, wasm, gpu, webgpu, timerResolutionMs} = machine;
  const features = wasm ? Object.entries(wasm).map(([name, has]) => `${name} ${has ? 'yes' : 'no'}`) : ['none'];
  const width = Math.max(0, ...backends.map(({name}) => name.length));
  return [
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    [runtime, platform, `${cores ?? 'an unknown number of'} cores${processor ? ` of ${processor}` : ''}`].join(', '),
    `WebAssembly: ${features.join(', ')}; clock steps of ${timerResolutionMs.toPrecision(2)} ms`,
    `GPU: ${gpu ? `${gpu.renderer}, WebGL ${gpu.webglVersion}${gpu.software ? ', simulated on the CPU' : ''}` : 'no WebGL'}; ${webgpu ? 'WebGPU' : 'no WebGPU'}`,
    ...backends.map(({name, check, runs, problem}) => {
      const verdict = check ?? (problem === null ? 'not checked' : 'FAIL');
      return `${name === active ? '*' : ' '} ${name.padEnd(width)}  ${verdict}  ${problem ?? runs ?? 'not started'}`;
    }),
    ...notRegistered.map((missing) => `  ${missing.name.padEnd(width)}  none  import '${missing.package}' to use it`),
  ].join('\n');
}
