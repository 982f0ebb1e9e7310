import type {Program} from '../../tfjs/webgpu_launch';
import type {Rows} from '../engines/types';
import {codeOf, type Plan, WALK} from './plan';
import type {RowCode, RowOp, Sum} from './row_op';
import {EXP} from './wgsl/exp';
import {LOG1P} from './wgsl/log1p';
import {numbers} from './wgsl/numbers';
import {reduction} from './wgsl/reduce';
import {exactly, higher, plus, tree} from './wgsl/tree';

/** A row in one go; or what is done to each part of it, and what with all that this leaves. */
export type Stage = 'whole' | 'part' | 'merge';

/** A WGSL program for a stage of an op, by a plan. The parts' numbers are the last of its inputs where it merges. */
export function rowProgram(op: RowOp, plan: Plan, stage: Stage, {outer, n, inner}: Rows): Program {
  const {vector, rows, threads, grid, parts, part} = plan;
  const others = [...(op.others ?? []), ...(stage === 'merge' ? ['partials'] : [])];
  return {
    key: `${op.key}_${stage}_${codeOf(plan)}`,
    source: () => sourceOf({...op, ...op.code(vector), others}, plan, stage),
    threads: rows * threads,
    grid,
    inputs: [
      ...op.registers.map((name) => ({name, vectors: vector === 4})),
      ...others.map((name) => ({name, vectors: false})),
    ],
    uniforms: [
      ['rows', 'u32', outer * inner],
      ['count', 'u32', n / vector],
      ['inner', 'u32', inner],
      ['parts', 'u32', parts],
      ['part', 'u32', part],
      ...op.uniforms,
    ],
    vectors: stage !== 'part' && !op.reduces && vector === 4,
  };
}

/** How many numbers a part of a row leaves to be merged: the key of its maximum, if there is one, and the fields. */
export function numbersOfPart(code: RowCode): number {
  return fieldsOf(code).length + (code.exponentials ? 1 : 0);
}

type Source = RowOp & RowCode;

function sourceOf(op: Source, plan: Plan, stage: Stage): string {
  const {exponentials, finish = '', functions = '', registers, others = []} = op;
  const {strided, rows, threads, vector} = plan;
  const fields = fieldsOf(op);
  const statistics = stage === 'merge' ? merged(op, plan) : plan.held > 0 ? held(op, plan) : walked(op, plan);
  return `
    ${numbers(vector)}
    ${exponentials ? `${EXP}${reduction('highest', 'u32', higher, plan)}` : ''}
    ${exponentials === 'logarithm' ? LOG1P : ''}
    ${fields.length > 0 ? reduction('addedUp', payloadOf(fields), fields.length === 1 ? exactly : plus, plan) : ''}
    ${functions}
    var<private> thread: u32;
    var<private> rowHere: u32;
    var<private> row: u32;
    var<private> firstVector: u32;
    fn place(j: u32) -> u32 { return firstVector + j${strided ? ' * uniforms.inner' : ''}; }
    fn main(index: i32) {
      // A binding that is declared has to be used.
      _ = &uniforms;
      ${[...registers, ...others].map((name) => `_ = &${name};`).join(' ')}
      ${strided ? `rowHere = localIndex % ${rows}u; thread = localIndex / ${rows}u;` : `thread = localIndex % ${threads}u; rowHere = localIndex / ${threads}u;`}
      ${locate(op, plan, stage)}
      ${statistics}
      ${stage === 'part' ? storePart(op) : `${OUTCOMES[exponentials ?? 'none']}${finish}\n${results(op, plan, stage)}`}
    }
  `;
}

function locate({reduces, locate = ''}: Source, {rows, strided}: Plan, stage: Stage): string {
  const inParts = stage === 'part' || (stage === 'merge' && !reduces);
  return `
    let unit = workgroupId.y * numWorkgroups.x + workgroupId.x;
    ${inParts ? 'let partHere = unit % uniforms.parts;' : ''}
    row = ${inParts ? 'unit / uniforms.parts' : 'unit'} * ${rows}u + rowHere;
    let isRow = row < uniforms.rows;
    let begin = ${inParts ? 'partHere * uniforms.part' : '0u'};
    let end = select(0u, ${inParts ? 'min(begin + uniforms.part, uniforms.count)' : 'uniforms.count'}, isRow);
    firstVector = ${strided ? 'row / uniforms.inner * uniforms.count * uniforms.inner + row % uniforms.inner' : 'row * uniforms.count'};
    ${locate}
  `;
}

const FIELDS = {sum: ['sum'], logarithm: ['others', 'maximal'], none: []};

/** What comes of the fields, where a row is whole. */
const OUTCOMES = {
  sum: 'let reciprocal = quotient(1.0, sum);',
  // log s, from s - 1.
  logarithm: 'let logSum = log1p((maximal - 1.0) + quotient(others, exponentialOne(maximum, shift)));',
  none: '',
};

/** The fields of the payload that is added up along a row. */
function fieldsOf({exponentials, sums = []}: RowCode): string[] {
  return [...FIELDS[exponentials ?? 'none'], ...sums.map(({field}) => field)];
}

/** One field is added up as two floats: softmax and its products have nothing else to lose. */
const payloadOf = (fields: string[]): string => `vec${Math.max(fields.length, 2)}<f32>`;

const each = <T>(items: T[], text: (item: T, i: number) => string): string => items.map(text).join('\n');

/** A text for each of the vectors of a thread. */
const eachOf = (count: number, text: (u: number) => string): string => each([...Array(count).keys()], text);

/** Adds up what the threads have in variables of the fields' names with the suffix Mine, each as two floats. */
function addUp(fields: string[]): string {
  if (fields.length === 0) return '';
  if (fields.length === 1) {
    return `let both = addedUp(${fields[0]}Mine); let ${fields[0]} = both.x + both.y;`;
  }
  return `
    let whole = addedUp(${payloadOf(fields)}(${fields.map((field) => `${field}Mine.x + ${field}Mine.y`).join(', ')}));
    ${each(fields, (field, i) => `let ${field} = whole.${'xyzw'[i]};`)}`;
}

/** What all threads of a row know once one has told the key of its maximum. */
const maximumOf = (key: string): string => `
    let maximumKey = highest(${key});
    let maximum = valueOf(maximumKey);
    let shift = shiftOf(maximum);
    let none = hasNoSoftmax(maximumKey);`;

/** Reads `count` vectors of a thread, from the one at `base` on; all loads come before what uses them. */
function load({registers, exponentials}: Source, {threads}: Plan, count: number, base: string): string {
  const vector = (name: string, u: number) =>
    exponentials && name === 'x' ? `logit(j${u}, inside${u})` : `V(${name}[place(j${u})])`;
  return `
    ${eachOf(count, (u) => `let j${u} = ${base} + thread + ${u * threads}u; let inside${u} = j${u} < end;`)}
    ${eachOf(count, (u) => each(registers, (name) => `var ${name}${u} = ${vector(name, u)};`))}`;
}

/** Threads walk along a row, or a part, `count` vectors at a time. */
const walk = (op: Source, plan: Plan, count: number, body: string): string => `
    for (var base = begin; base < end; base += ${count * plan.threads}u) {
      ${load(op, plan, count, 'base')}
      ${body}
    }`;

const vectorsOf = (fields: string[]): string => each(fields, (field) => `var ${field}Vector = V(0.0);`);

/** Adds the terms of `count` vectors to variables of the fields' names with the suffix Vector. */
function addTerms(sums: Sum[], count: number): string {
  const inside = (term: Sum['term']) => (u: number) => `select(V(0.0), ${term(u)}, inside${u})`;
  return each(sums, ({field, term}) => `${field}Vector += ${tree(count, inside(term), plus)};`);
}

/** Adds the exponentials of `count` vectors to `sumVector`, or to `othersVector` and `maximalVector`. */
function addExponentials({exponentials}: RowCode, count: number, shift: string, key: string): string {
  if (!exponentials) return '';
  if (exponentials === 'sum') {
    return `
      ${eachOf(count, (u) => `x${u} = exponential(x${u}, ${shift});`)}
      sumVector += ${tree(count, (u) => `x${u}`, plus)};`;
  }
  return `
    ${eachOf(count, (u) => `let e${u} = exponential(x${u}, ${shift}); let isTop${u} = keyOf(x${u}) == VU(${key});`)}
    othersVector += ${tree(count, (u) => `select(e${u}, V(0.0), isTop${u})`, plus)};
    maximalVector += ${tree(count, (u) => `select(V(0.0), V(1.0), isTop${u})`, plus)};`;
}

const topOf = (count: number): string => `topOf(${tree(count, (u) => `keyOf(x${u})`, higher)})`;

const declareMine = (fields: string[]): string => each(fields, (field) => `var ${field}Mine = vec2<f32>(0.0);`);

const addToMine = (field: string, term: string): string =>
  `${field}Mine = added(${field}Mine, vec2<f32>(${term}, 0.0));`;

/** The fields of a row, or of a part, that lies in registers. */
function held(op: Source, plan: Plan): string {
  const fields = fieldsOf(op);
  return `
    ${load(op, plan, plan.held, 'begin')}
    ${op.exponentials ? maximumOf(topOf(plan.held)) : ''}
    ${vectorsOf(fields)}
    ${addTerms(op.sums ?? [], plan.held)}
    ${addExponentials(op, plan.held, 'shift', 'maximumKey')}
    ${each(fields, (field) => `let ${field}Mine = vec2<f32>(sumOf(${field}Vector), 0.0);`)}
    ${addUp(fields)}`;
}

/**
 * The fields of a row that threads walk along. A power of two more or less in the shift costs no accuracy, so each thread
 * takes exponentials relative to the first maximum that it met; only when it meets one that is more than 40 above are its
 * sums shifted. The sums go on as two floats, since the error of a running sum grows with its length.
 */
function walked(op: Source, plan: Plan): string {
  const {exponentials, sums = []} = op;
  const fields = fieldsOf(op);
  const late = sums.filter(({merged}) => merged);
  const early = sums.filter(({merged}) => !merged);
  const add = (these: string[], body: string) =>
    walk(
      op,
      plan,
      WALK,
      `
      ${vectorsOf(these)}
      ${body}
      ${each(these, (field) => addToMine(field, `sumOf(${field}Vector)`))}`,
    );
  if (!exponentials) return `${declareMine(fields)}${add(fields, addTerms(sums, WALK))}${addUp(fields)}`;

  const [first] = fields;
  const lateFields = late.map(({field}) => field);
  const earlyFields = fields.filter((field) => !lateFields.includes(field));
  // What was maximal is so no more: it is one of the others, if there is a difference.
  const demote =
    exponentials === 'logarithm'
      ? `${addToMine('others', 'maximalMine.x * exponentialOne(valueOf(key), reference)')} maximalMine = vec2<f32>(0.0);`
      : '';
  const shiftTo = (next: string) =>
    `${first}Mine *= select(shifted(reference, ${next}), 0.0, key == KEY_OF_NEGATIVE_INFINITY);`;
  return `
    ${declareMine(fields)}
    var key = KEY_OF_NEGATIVE_INFINITY;
    var referenceValue = 0.0;
    var reference = Shift(0.0, 0.0);
    ${add(
      earlyFields,
      `
      let keyHere = ${topOf(WALK)};
      if (keyHere > key) {
        ${demote}
        let value = valueOf(keyHere);
        if (key == KEY_OF_NEGATIVE_INFINITY || productOne(value - referenceValue) > 40.0) {
          let next = shiftOf(value);
          ${shiftTo('next')}
          reference = next;
          referenceValue = value;
        }
        key = keyHere;
      }
      ${addTerms(early, WALK)}
      ${addExponentials(op, WALK, 'reference', 'key')}`,
    )}
    ${maximumOf('key')}
    ${demote && `if (key != maximumKey) { ${demote} }`}
    ${shiftTo('shift')}
    ${late.length > 0 ? add(lateFields, addTerms(late, WALK)) : ''}
    ${addUp(fields)}`;
}

/** What a part leaves: the key of its maximum, and its fields. */
function storePart(op: Source): string {
  const numbers = [...(op.exponentials ? ['maximumKey'] : []), ...fieldsOf(op)];
  return `
    if (thread == 0u && isRow) {
      let at = (row * uniforms.parts + partHere) * ${numbers.length}u;
      ${each(numbers, (number, i) => `result[at + ${i}u] = bitcast<i32>(${number});`)}
    }`;
}

/** The fields of a row from those of its parts. */
function merged(op: Source, {threads}: Plan): string {
  const {exponentials, sums = []} = op;
  const fields = fieldsOf(op);
  const length = numbersOfPart(op);
  const over = (body: string) => `
    for (var k = thread; k < select(0u, uniforms.parts, isRow); k += ${threads}u) {
      let at = (row * uniforms.parts + k) * ${length}u;
      ${body}
    }`;
  const ofExponentials = `
      let keyOfPart = bitcast<u32>(partials[at]);
      let maximumOfPart = valueOf(keyOfPart);
      let shiftOfPart = shiftOf(maximumOfPart);
      ${
        exponentials === 'logarithm'
          ? `
      if (keyOfPart != maximumKey) {
        othersPart += maximalPart * exponentialOne(maximumOfPart, shiftOfPart);
        maximalPart = 0.0;
      }`
          : ''
      }
      ${fields[0]}Part *= select(shifted(shiftOfPart, shift), 0.0, keyOfPart == KEY_OF_NEGATIVE_INFINITY);
      ${each(sums, ({field, merged}) => (merged ? `${field}Part = ${merged};` : ''))}`;
  return `
    ${declareMine(fields)}
    ${
      exponentials
        ? `
    var key = 0u;
    ${over('key = max(key, bitcast<u32>(partials[at]));')}
    ${maximumOf('key')}`
        : ''
    }
    ${over(`
      ${each(fields, (field, i) => `var ${field}Part = bitcast<f32>(partials[at + ${i + length - fields.length}u]);`)}
      ${exponentials ? ofExponentials : ''}
      ${each(fields, (field) => addToMine(field, `${field}Part`))}`)}
    ${addUp(fields)}`;
}

/** What a row becomes, element by element or as one number. */
function results(op: Source, plan: Plan, stage: Stage): string {
  const {result, reduces, exponentials} = op;
  if (reduces) return `if (thread == 0u && isRow) { result[row] = ${result(0)}; }`;
  const store = (count: number) => eachOf(count, (u) => `if (inside${u}) { result[place(j${u})] = ${result(u)}; }`);
  if (plan.held > 0 && stage === 'whole') return store(plan.held);
  const count = plan.held || WALK;
  return walk(
    op,
    plan,
    count,
    `
    ${exponentials === 'sum' ? eachOf(count, (u) => `x${u} = exponential(x${u}, shift);`) : ''}
    ${store(count)}`,
  );
}
