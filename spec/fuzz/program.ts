import fc from 'fast-check';
import {caseOf, fuzzCase, type Ingredients, ingredients} from './arbitrary';
import type {FuzzCase, Given} from './case';

/** Calls in a row, with what goes on around them in an app: pure data, as the cases are. */
export type Step =
  | {do: 'call'; fuzzed: FuzzCase}
  /** The result of one op is the logits of another, unread, as in a model; `on` another backend, if one is named. */
  | {do: 'chain'; first: FuzzCase; second: FuzzCase; on: number | null}
  /** A call in which the nth thing that is asked of the host or of tfjs's backend cannot be had. */
  | {do: 'fail'; fuzzed: FuzzCase; nth: number}
  | {do: 'install'}
  | {do: 'uninstall'}
  /** A tensor of the app's own, that no op may touch. */
  | {do: 'keep'; given: Given}
  | {do: 'drop'; which: number}
  /** Makes another backend the active one. */
  | {do: 'switch'; to: number}
  /** Removes a backend from tfjs and registers it again, as an app does that has lost its GPU. */
  | {do: 'remove'; which: number}
  /** Whether small tensors that were not uploaded may be computed on the CPU. */
  | {do: 'forward'; onCpu: boolean};

/** Ops whose result is what other ops take: as many numbers as logits. */
const LINKS: FuzzCase['op'][] = ['softmax', 'softmin', 'logSoftmax'];

const chain = fc
  .record({
    op: fc.constantFrom(...LINKS),
    first: ingredients,
    second: ingredients,
    on: fc.option(fc.nat(3), {freq: 4, nil: null}),
  })
  .map(({op, first: parts, second, on}): Step => {
    const first = caseOf({...parts, op, gradient: false, mistake: null});
    const logits: Partial<Ingredients> = {
      lengths: first.logits.shape,
      limit: Number.POSITIVE_INFINITY,
      given: {as: 'tensor', dtype: 'float32'},
      pool: [0],
      mistake: null,
    };
    // Where a Jacobian has to be small, the shape would be another; and a layer is only known of numbers that are not rounded.
    const isNoLink = second.op.endsWith('Jacobian') || second.op === 'linearCrossEntropy';
    const next = caseOf({...second, ...logits, ...(isNoLink && {op: 'logSoftmax'})});
    return {do: 'chain', first, second: next, on};
  });

const bystander = fc
  .record({values: fc.array(fc.integer({min: -1000, max: 1000}), {minLength: 1, maxLength: 20}), repeat: fc.nat(30)})
  .map(({values, repeat}): Step => {
    const shape = [repeat + 1, values.length];
    const all = Array.from({length: repeat + 1}, () => values).flat();
    return {do: 'keep', given: {as: 'tensor', dtype: 'float32', shape, values: all}};
  });

const failing = fc
  .record({fuzzed: fuzzCase, nth: fc.nat(12)})
  .map(({fuzzed, nth}): Step => ({do: 'fail', fuzzed: {...fuzzed, mistake: null}, nth}));

const step: fc.Arbitrary<Step> = fc.oneof(
  {weight: 120, arbitrary: fuzzCase.map((fuzzed): Step => ({do: 'call', fuzzed}))},
  {weight: 40, arbitrary: chain},
  {weight: 16, arbitrary: failing},
  {weight: 12, arbitrary: fc.constant<Step>({do: 'install'})},
  {weight: 8, arbitrary: fc.constant<Step>({do: 'uninstall'})},
  {weight: 16, arbitrary: bystander},
  {weight: 8, arbitrary: fc.nat(5).map((which): Step => ({do: 'drop', which}))},
  {weight: 8, arbitrary: fc.nat(3).map((to): Step => ({do: 'switch', to}))},
  {weight: 8, arbitrary: fc.boolean().map((onCpu): Step => ({do: 'forward', onCpu}))},
  {weight: 1, arbitrary: fc.nat(3).map((which): Step => ({do: 'remove', which}))},
);

export const fuzzProgram: fc.Arbitrary<Step[]> = fc.array(step, {minLength: 1, maxLength: 24, size: 'max'});
