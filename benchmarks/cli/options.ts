import {parseArgs} from 'node:util';
import {refuseRepeated} from '../../cli/repeated';
import {REFERENCE} from '../../kernels/reference_table';
import {decimal, parseDistribution} from '../suite/logits';
import {OP_NAMES, type OpName} from '../suite/ops';
import type {Plan} from '../suite/report';
import {DEFAULT_SHAPES, parseShape, QUICK_SHAPES, shapeName} from '../suite/shapes';
import {ORIGINS, type Origin} from '../suite/workload';

const PEER_NAMES = ['stock', 'textbook', 'onnxruntime-web', 'onnxruntime-node'];

/** What the timing takes in all unless it is said for each case; checks and set-up come on top. */
const DEFAULT_SECONDS = 60;
const QUICK_SECONDS = 6;
/** A day, for each case. */
const MOST_SECONDS = 86_400;

export interface Options {
  plan: Omit<Plan, 'seconds'>;
  /** For each case, or null for what the default time in all leaves it. */
  secondsPerCase: number | null;
  quick: boolean;
  browser: boolean;
  output: string;
  help: boolean;
}

/**
 * @param backends those that there may be, where the suite will run
 * @throws on what does not exist, with what does
 */
export function parseOptions(args: string[], backendsOf: (browser: boolean) => string[]): Options {
  const {values, tokens} = parseArgs({
    ...{args, tokens: true},
    options: {
      op: {type: 'string', multiple: true},
      shape: {type: 'string', multiple: true},
      backend: {type: 'string', multiple: true},
      peer: {type: 'string', multiple: true},
      logits: {type: 'string', default: 'uniform:10'},
      inputs: {type: 'string', default: 'op'},
      seconds: {type: 'string'},
      output: {type: 'string', default: 'bench-report'},
      quick: {type: 'boolean', default: false},
      browser: {type: 'boolean', default: false},
      help: {type: 'boolean', default: false},
    },
  });
  refuseRepeated(tokens, ['op', 'shape', 'backend', 'peer']);
  if (values.output === '') throw new Error('--output is empty; it takes the name of a folder.');
  const {quick, browser} = values;
  return {
    plan: {
      ops: chosen('op', values.op, OP_NAMES) as OpName[],
      shapes: values.shape?.map(parseShape) ?? (quick ? QUICK_SHAPES : DEFAULT_SHAPES),
      backends: chosen('backend', values.backend, backendsOf(browser)),
      peers: chosen('peer', values.peer, PEER_NAMES),
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

/** The plan for the backends that are there. */
export function planFor({plan, secondsPerCase, quick}: Options, backends: string[]): Plan {
  const cases = plan.ops.length * plan.shapes.length * backends.length;
  const seconds = secondsPerCase ? secondsPerCase * cases : quick ? QUICK_SECONDS : DEFAULT_SECONDS;
  return {...plan, backends, seconds};
}

function chosen(kind: string, given: string[] | undefined, all: readonly string[]): string[] {
  for (const name of given ?? []) {
    if (!all.includes(name)) throw new Error(`There is no ${kind} ${name}. Choose among ${all.join(', ')}.`);
  }
  return given ?? [...all];
}

function secondsOf(option: string, text: string): number {
  const seconds = decimal(text);
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds;
  throw new Error(`${option} is ${text}; it takes a number of seconds above 0. At most ${MOST_SECONDS}, a day.`);
}

export function helpText(backendsOf: (browser: boolean) => string[]): string {
  return `Times the softmax family on the backends of this machine, beside other libraries.

  --op NAME        may be given again; all of ${OP_NAMES.map((name) => `${name} (${REFERENCE[name].formula})`).join(', ')}
  --shape RxN      R rows of N logits, may be given again; ${DEFAULT_SHAPES.map(shapeName).join(', ')}
  --backend NAME   may be given again; in Node ${backendsOf(false).join(', ')}; with --browser ${backendsOf(true).join(', ')}
  --peer NAME      may be given again; all of ${PEER_NAMES.join(', ')}
  --logits D       uniform:RANGE, normal:SIGMA, offset:BY, masked:SHARE or confident:TOP; uniform:10
  --inputs FROM    op: made by another op, as in a model; array: fresh from JavaScript; op
  --seconds S      for each op, shape and backend; by default what makes about two minutes in all
  --output FOLDER  for report.html, report.json and report.md; bench-report
  --quick          few shapes and little time: a first look
  --browser        in headless Chromium instead of Node
`;
}
