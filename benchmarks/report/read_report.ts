/**
 * Results from files: reports of this version and of 0.1.0, and what benchmarks/gpu measures on machines that have a GPU and
 * nothing else, as reports.
 */
import {UNCHECKED} from '../suite/candidate';
import {figures, type Observed} from '../suite/figures';
import type {OpName} from '../suite/ops';
import type {Case, Entry, Machine, Report} from '../suite/report';
import {parseShape, type Shape} from '../suite/shapes';

type Json = Record<string, unknown>;

/** @throws if a text is no result of this package's benchmarks */
export function readReport(text: string): Report {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${(error as Error).message}. Take a report.json that the benchmark wrote.`);
  }
  if (Array.isArray(parsed)) return ofWebGLPage(parsed as Json[]);
  const json = Object(parsed) as Json;
  if (json.format === 2 && Array.isArray(json.cases)) return json as unknown as Report;
  if (json.format === 1 && Array.isArray(json.cases)) return ofFirstFormat(json as unknown as FirstFormat);
  if (json.adapter && Array.isArray(json.cases)) return ofWebGPUProgram(json as unknown as WebGPUProgram);
  throw new Error('This is no result of the benchmark: it has neither format 2 nor format 1. Take a report.json.');
}

/** As 0.1.0 wrote it: no threads, no proofs of peers, and `draws` for what a GPU is made to launch. */
interface FirstFormat extends Omit<Report, 'format' | 'peers' | 'backends' | 'cases'> {
  backends: {name: string; runs: string}[];
  cases: (Omit<Case, 'threads' | 'entries'> & {
    entries: (Omit<Entry, 'launches' | 'gpuMs'> & {draws: number | null})[];
  })[];
}

function ofFirstFormat(first: FirstFormat): Report {
  // There, onnxruntime-node ran what onnxruntime-web had loaded before it: the column is not its own.
  const isTrue = ({peer}: {peer: string}) => peer !== 'onnxruntime-node';
  return {
    ...first,
    format: 2,
    plan: {...first.plan, threads: [1]},
    peers: [],
    backends: first.backends.map((backend) => ({...backend, mostThreads: null})),
    cases: first.cases.map((one) => ({
      ...one,
      threads: null,
      entries: one.entries.filter(isTrue).map(({draws, ...entry}) => ({...entry, launches: draws, gpuMs: null})),
    })),
  };
}

interface WebGPUProgram {
  date: string;
  adapter: {name: string; info: {device: string; description: string}; hardware: {software: boolean}};
  cases: {
    name: string;
    microseconds: Record<string, {wall: number}>;
    onGpu: Record<string, number>;
    ulp: Record<string, number>;
  }[];
}

/** Names in benchmarks/gpu/main.ts. */
const WEBGPU_OPS: Record<OpName, string> = {
  softmax: 'softmax',
  logSoftmax: 'logSoftmax',
  logSumExp: 'logSumExp',
  gradSoftmax: 'gradient of softmax',
  gradLogSoftmax: 'gradient of logSoftmax',
};

/** Five rounds, of which the median was kept. */
const WEBGPU_ROUNDS = 5;

function ofWebGPUProgram({date, adapter, cases}: WebGPUProgram): Report {
  const {device, description} = adapter.info;
  // Others are along another axis, where stock has no op.
  const along = cases.filter(({name}) => /^\d+x\d+$/.test(name));
  const entry = (one: (typeof cases)[number], peer: string, key: string): Observed | null => {
    const time = one.microseconds[key];
    if (!time) return null;
    const [ulp = null, busy] = [one.ulp[key], one.onGpu[key]];
    const gpuMs = busy === undefined ? null : busy / 1e3;
    return {peer, ...UNCHECKED, ulp, gpuMs, halves: [[time.wall / 1e3], []]};
  };
  const found = casesOf(
    'webgpu',
    along.map((one) => ({
      shape: parseShapeOfAny(one.name),
      observed: (op) => [
        entry(one, 'ours', WEBGPU_OPS[op]),
        entry(one, 'stock', `stock ${WEBGPU_OPS[op]}`),
        entry(one, 'copy', 'neg'),
      ],
    })),
  );
  const machine = {...MACHINE, date, runtime: 'Node, Dawn', system: 'linux', gpu: `${device}, ${description}`};
  return reportOf(
    {...machine, softwareGpu: adapter.hardware.software},
    'webgpu',
    'normal:3',
    medians(found, WEBGPU_ROUNDS),
  );
}

interface WebGLTable {
  what: 'table';
  shape: string;
  us: Record<string, {median: number; p20: number; p80: number; samples: number} | string>;
  ulp: Record<string, number | string>;
}

/** The parts that the page of benchmarks/gpu/webgl.ts posts, in an array. */
function ofWebGLPage(parts: Json[]): Report {
  const machine = parts.find(({what}) => what === 'machine') as
    | {date: string; renderer: string; software: boolean; userAgent: string; cores: number}
    | undefined;
  const shapes = parts.filter(({what}) => what === 'table') as unknown as WebGLTable[];
  if (!machine) throw new Error('This array has no machine in it: it is no result of benchmarks/gpu/webgl.ts.');
  const capital = (op: string) => `stock${op[0]!.toUpperCase()}${op.slice(1)}`;
  const times = ({us}: WebGLTable, key: string) => (typeof us[key] === 'object' ? us[key] : null);
  const entry = (one: WebGLTable, peer: string, key: string): Observed | null => {
    const time = times(one, key);
    // Errors of gradients have another unit there.
    const ulp = /grad/i.test(key) ? null : one.ulp[key];
    return time && {peer, ...UNCHECKED, ulp: typeof ulp === 'number' ? ulp : null, halves: [[time.median / 1e3], []]};
  };
  const found = casesOf(
    'webgl',
    shapes.map((one) => ({
      shape: parseShapeOfAny(one.shape),
      observed: (op) => [entry(one, 'ours', op), entry(one, 'stock', capital(op)), entry(one, 'copy', 'neg')],
    })),
  );
  for (const {op, shape, entries} of found) {
    const table = shapes.find((one) => one.shape === shape.join('x'))!;
    for (const {peer, ms} of entries) {
      const band = times(table, {ours: op as string, copy: 'neg'}[peer] ?? capital(op));
      if (ms && band) Object.assign(ms, {p20: band.p20 / 1e3, p80: band.p80 / 1e3, samples: band.samples});
    }
  }
  const {date, renderer, software, userAgent, cores} = machine;
  return reportOf(
    {...MACHINE, date, cores, runtime: userAgent, system: 'linux', gpu: renderer, softwareGpu: software},
    'webgl',
    'normal:3',
    found,
  );
}

const MACHINE = {processor: 'Intel Xeon', cores: 16, versions: {}, flags: []};

/** Larger than what a page may be asked for. */
function parseShapeOfAny(text: string): Shape {
  const [rows, n] = text.split('x').map(Number);
  return rows! * n! < 2 ** 27 ? parseShape(text) : [rows!, n!];
}

function casesOf(backend: string, shapes: {shape: Shape; observed: (op: OpName) => (Observed | null)[]}[]): Case[] {
  return (Object.keys(WEBGPU_OPS) as OpName[]).flatMap((op) =>
    shapes.flatMap(({shape, observed}) => {
      const there = observed(op).filter((one) => one !== null);
      if (!there.some(({peer}) => peer === 'ours')) return [];
      return [figures({op, shape, backend, threads: null}, there)];
    }),
  );
}

/** Of times whose band was not kept. */
function medians(cases: Case[], samples: number): Case[] {
  for (const {entries} of cases) {
    for (const {ms} of entries) if (ms) Object.assign(ms, {p20: null, p80: null, samples});
  }
  return cases;
}

function reportOf(machine: Machine, backend: string, distribution: string, cases: Case[]): Report {
  const shapes = new Map(cases.map(({shape}) => [shape.join('x'), shape]));
  return {
    format: 2,
    complete: true,
    machine,
    plan: {
      ops: [...new Set(cases.map(({op}) => op))],
      shapes: [...shapes.values()],
      backends: [backend],
      peers: ['stock'],
      distribution,
      inputs: 'op',
      threads: [1],
      seconds: Number.NaN,
    },
    backends: [{name: backend, runs: `the ${backend} kernels`, mostThreads: null}],
    peers: [],
    missing: [],
    cases,
  };
}
