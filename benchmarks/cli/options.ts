import {parseArgs} from 'node:util';
import {refuseRepeated} from '../../cli/repeated';
import {REFERENCE} from '../../kernels/reference_table';
import {NODE_BACKENDS, PAGE_BACKENDS} from '../peers/backends';
import {PEER_NAMES} from '../peers/libraries';
import {decimal, parseDistribution} from '../suite/logits';
import {OP_NAMES, type OpName} from '../suite/ops';
import type {Plan} from '../suite/report';
import {DEFAULT_SHAPES, parseShape, QUICK_SHAPES, shapeName} from '../suite/shapes';
import {ORIGINS, type Origin} from '../suite/workload';

/** What the timing takes in all unless it is said for each case; checks and set-up come on top. */
const DEFAULT_SECONDS = 60;
const QUICK_SECONDS = 4;
/** One that stock has a kernel for, one that it composes, and a gradient. */
const QUICK_OPS: OpName[] = ['softmax', 'logSoftmax', 'gradSoftmax'];
/** A day, for each case. */
const MOST_SECONDS = 86_400;
/** More than any machine has; what a backend cannot have is left out. */
const MOST_THREADS = 1024;

export interface Options {
  plan: Omit<Plan, 'seconds'>;
  /** For each case, or null for what the default time in all leaves it. */
  secondsPerCase: number | null;
  quick: boolean;
  browser: boolean;
  output: string;
  help: boolean;
}

/** @throws on what does not exist, with what does */
export function parseOptions(args: string[]): Options {
  const {values, tokens} = parseArgs({
    ...{args, tokens: true},
    options: {
      op: {type: 'string', multiple: true},
      shape: {type: 'string', multiple: true},
      backend: {type: 'string', multiple: true},
      peer: {type: 'string', multiple: true},
      threads: {type: 'string', multiple: true},
      logits: {type: 'string', default: 'uniform:10'},
      inputs: {type: 'string', default: 'op'},
      seconds: {type: 'string'},
      output: {type: 'string', default: 'bench-report'},
      quick: {type: 'boolean', default: false},
      browser: {type: 'boolean', default: false},
      help: {type: 'boolean', default: false},
    },
  });
  refuseRepeated(tokens, ['op', 'shape', 'backend', 'peer', 'threads']);
  if (values.output === '') throw new Error('--output is empty; it must be the name of a folder.');
  const {quick, browser} = values;
  return {
    plan: {
      ops: chosen('op', values.op ?? (quick ? QUICK_OPS : undefined), OP_NAMES) as OpName[],
      shapes: values.shape?.map(parseShape) ?? (quick ? QUICK_SHAPES : DEFAULT_SHAPES),
      backends: chosen('backend', values.backend, Object.keys(browser ? PAGE_BACKENDS : NODE_BACKENDS)),
      peers: chosen('peer', values.peer, PEER_NAMES),
      threads: values.threads?.map(threadsOf) ?? [1],
      distribution: parseDistribution(values.logits).name,
      inputs: chosen('origin of inputs', [values.inputs], ORIGINS)[0] as Origin,
    },
    secondsPerCase: values.seconds === undefined ? null : secondsOf('--seconds', values.seconds),
    quick,
    browser,
    output: values.output,
    help: values.help,
  };
}

/** How long so many cases are timed for in all. */
export function secondsFor({secondsPerCase, quick}: Options, cases: number): number {
  return secondsPerCase ? secondsPerCase * cases : quick ? QUICK_SECONDS : DEFAULT_SECONDS;
}

function chosen(kind: string, given: string[] | undefined, all: readonly string[]): string[] {
  for (const name of given ?? []) {
    if (!all.includes(name)) throw new Error(`There is no ${kind} ${name}. Choose from ${all.join(', ')}.`);
  }
  return given ?? [...all];
}

function secondsOf(option: string, text: string): number {
  const seconds = decimal(text);
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds;
  throw new Error(`${option} is ${text}; it must be a number of seconds above 0, and at most ${MOST_SECONDS} (a day).`);
}

function threadsOf(text: string): number {
  const threads = /^[1-9]\d*$/.test(text) ? Number(text) : Number.NaN;
  if (threads <= MOST_THREADS) return threads;
  throw new Error(`--threads is ${text}; it must be a whole number from 1 to ${MOST_THREADS}.`);
}

/** What of all that could run does here. */
export interface Offer {
  backends: string[];
  /** Null where there is no browser to run them in. */
  pageBackends: string[] | null;
  peers: string[];
  /** What cannot run, and why. */
  missing: {name: string; reason: string}[];
}

export function helpText({backends, pageBackends, peers, missing}: Offer): string {
  const inBrowser = pageBackends ? `; with --browser ${pageBackends.join(', ')}` : '';
  return `Times the softmax family on the backends of this machine, and other libraries.

  --op NAME        can be repeated; by default all: ${OP_NAMES.map((name) => `${name} (${REFERENCE[name].formula})`).join(', ')}
  --shape RxN      R rows of N logits, can be repeated; by default ${DEFAULT_SHAPES.map(shapeName).join(', ')}
  --backend NAME   can be repeated; by default all: ${backends.join(', ') || 'none'}${inBrowser}
  --peer NAME      the libraries to compare with, can be repeated; by default all: ${peers.join(', ')}
  --threads N      threads of the backends that support it, can be repeated; by default 1
  --logits D       uniform:RANGE, normal:SIGMA, offset:BY, masked:SHARE or confident:TOP; by default uniform:10
  --inputs FROM    op: made by another op, as in a model (the default); array: new JavaScript arrays
  --seconds S      for each op, shape and backend; by default about two minutes in all
  --output FOLDER  for report.html, report.json and report.md; by default bench-report
  --quick          a first look: few ops and shapes, about half a minute
${pageBackends ? '  --browser        in a headless browser instead of Node\n' : ''}${
  missing.length > 0
    ? `\nNot available here:\n${missing.map(({name, reason}) => `  ${name.padEnd(16)} ${reason}`).join('\n')}\n`
    : ''
}`;
}
