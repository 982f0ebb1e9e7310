import {parseDistribution} from '../suite/logits';
import {OP_NAMES, type OpName} from '../suite/ops';
import type {Plan} from '../suite/report';
import {DEFAULT_SHAPES, parseShape, QUICK_SHAPES, shapeName} from '../suite/shapes';
import {byId, element} from './dom';

/** Few at first: a person waits. */
const OPS_AT_FIRST: OpName[] = ['softmax', 'gradLogSoftmax'];

export function fillForm(backends: string[], peers: string[]): void {
  checkboxes('ops', OP_NAMES, OPS_AT_FIRST);
  checkboxes('shapes', DEFAULT_SHAPES.map(shapeName), QUICK_SHAPES.map(shapeName));
  checkboxes('backends', backends, backends);
  checkboxes('peers', peers, peers);
}

/** @throws on a shape or distribution that is none, or if nothing is picked */
export function planOfForm(): Plan {
  const more = byId<HTMLInputElement>('more')
    .value.split(/[\s,]+/)
    .filter(Boolean);
  const plan = {
    ops: picked('ops') as OpName[],
    shapes: [...picked('shapes'), ...more].map(parseShape),
    backends: picked('backends'),
    peers: picked('peers'),
    inputs: 'op' as const,
    distribution: parseDistribution(byId<HTMLInputElement>('logits').value).name,
  };
  const cases = plan.ops.length * plan.shapes.length * plan.backends.length;
  if (cases === 0) throw new Error('Pick at least one op, one shape and one backend.');
  return {...plan, seconds: cases * byId<HTMLInputElement>('seconds').valueAsNumber};
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
