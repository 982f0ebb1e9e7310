import {parseDistribution} from '../suite/logits';
import {OP_NAMES, type OpName} from '../suite/ops';
import type {Plan} from '../suite/report';
import {DEFAULT_SHAPES, parseShape, QUICK_SHAPES, shapeName} from '../suite/shapes';
import {byId, element} from './dom';

/** Few at first: a person waits. */
const OPS_AT_FIRST: OpName[] = ['softmax', 'gradLogSoftmax'];

/** What there is to choose from. */
export interface Choice {
  backends: string[];
  peers: string[];
  /** Numbers of threads; none where nothing can be told. */
  threads: number[];
  /** How many this package takes by itself. */
  ownThreads: number;
}

const FIELDSETS = ['ops', 'shapes', 'backends', 'threads', 'peers'] as const;
const TEXTS = ['more', 'logits', 'seconds'] as const;

/** Fills the form, from the address where it has settings, and keeps the address as the form is. */
export function fillForm({backends, peers, threads, ownThreads}: Choice): void {
  const all = {
    ops: [...OP_NAMES],
    shapes: DEFAULT_SHAPES.map(shapeName),
    backends,
    peers,
    threads: threads.map(String),
  };
  const first = {
    ops: OPS_AT_FIRST,
    shapes: QUICK_SHAPES.map(shapeName),
    backends,
    peers,
    threads: ['1', `${ownThreads}`],
  };
  const asked = new URLSearchParams(location.search);
  for (const name of FIELDSETS) {
    checkboxes(name, all[name], asked.get(name)?.split(',') ?? first[name]);
    byId(name).hidden = all[name].length === 0;
  }
  for (const name of TEXTS) {
    const given = asked.get(name);
    if (given !== null) byId<HTMLInputElement>(name).value = given;
  }
  tellChosen();
  byId('form').addEventListener('input', () => {
    tellChosen();
    history.replaceState(null, '', addressOfForm());
  });
}

/** The address of this page with the settings of the form. */
function addressOfForm(): string {
  const settings = [
    ...FIELDSETS.filter((name) => !byId(name).hidden).map((name) => [name, picked(name).join(',')]),
    ...TEXTS.map((name) => [name, byId<HTMLInputElement>(name).value]),
  ];
  const parameters = new URLSearchParams(settings.filter(([name, value]) => value !== '' || name !== 'more'));
  // Commas and colons may stand in an address as they are.
  return `?${parameters}`.replaceAll('%2C', ',').replaceAll('%3A', ':');
}

function tellChosen(): void {
  const {value: more} = byId<HTMLInputElement>('more');
  const parts = [picked('ops'), [...picked('shapes'), ...shapesIn(more)], picked('backends'), picked('peers')];
  byId('chosen').textContent = parts.map((names) => names.join(', ') || 'none').join(' · ');
}

function shapesIn(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** @throws on a shape or distribution that is none, or if nothing is picked */
export function planOfForm(casesOf: (plan: Omit<Plan, 'seconds'>) => number): Plan {
  const threads = picked('threads').map(Number);
  const plan = {
    ops: picked('ops') as OpName[],
    shapes: [...picked('shapes'), ...shapesIn(byId<HTMLInputElement>('more').value)].map(parseShape),
    backends: picked('backends'),
    peers: picked('peers'),
    threads: threads.length > 0 ? threads : [1],
    inputs: 'op' as const,
    distribution: parseDistribution(byId<HTMLInputElement>('logits').value).name,
  };
  const cases = casesOf(plan);
  if (cases === 0) throw new Error('Pick at least one op, one shape and one backend.');
  const seconds = byId<HTMLInputElement>('seconds').valueAsNumber;
  if (!(seconds > 0)) throw new Error('Give the seconds that each case may take, above 0.');
  return {...plan, seconds: cases * seconds};
}

function checkboxes(fieldset: string, all: readonly string[], checked: readonly string[]): void {
  for (const name of all) {
    const box = Object.assign(document.createElement('input'), {
      type: 'checkbox',
      name: fieldset,
      value: name,
      checked: checked.includes(name),
    });
    byId(fieldset).append(element('label', '', box, ` ${name}`));
  }
}

function picked(fieldset: string): string[] {
  const boxes = byId(fieldset).querySelectorAll<HTMLInputElement>('input:checked');
  return Array.from(boxes, ({value}) => value);
}
