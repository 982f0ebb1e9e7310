import {codeOf, type Plan, WALK} from './plan';
import type {OpInput, RowCode, RowOp, Uniform} from './row_op';
import {reduction} from './wgsl/reduce';
import {exactly, higher, plus, tree} from './wgsl/tree';

/** A row in one go; or what is done to each part of it, and what with all that this leaves. */
export type Stage = 'whole' | 'part' | 'merge';

/** A WGSL program for a stage of an op, by a plan. Programs of one key have the same code. */
export interface RowProgram {
  key: string;
  source(): string;
  uniforms: Uniform[];
}

export function rowProgram(
  op: RowOp,
  plan: Plan,
  stage: Stage,
  rows: number,
  count: number,
  inner: number,
): RowProgram {
  const uniforms: Uniform[] = [
    ['rows', 'u32', rows],
    ['count', 'u32', count],
  ];
  if (plan.strided) uniforms.push(['inner', 'u32', inner]);
  if (stage !== 'whole') uniforms.push(['parts', 'u32', plan.parts], ['part', 'u32', plan.part]);
  return {
    key: `${op.key}_${stage}_${codeOf(plan)}`,
    source: () => sourceOf(op, plan, stage),
    uniforms: [...uniforms, ...op.uniforms],
  };
}

/** What the programs of a stage read, in the order of their bindings; the parts' numbers come last. */
export function inputsOf(op: RowOp, stage: Stage): OpInput[] {
  return stage === 'merge' ? [...op.inputs, {name: 'partials', vectors: false}] : op.inputs;
}

function sourceOf(of: RowOp, plan: Plan, stage: Stage): string {
  const op = of.code();
  const inputs = inputsOf(of, stage).map(({name}) => name);
  const statistics = stage === 'merge' ? merged(op, plan) : plan.held > 0 ? held(op, plan) : walked(op, plan);
  return `
    ${op.functions}
    ${fieldsOf(op).length > 0 ? reduction('addedUp', payloadType(op), fieldsOf(op).length === 1 ? exactly : plus, plan) : ''}
    ${op.exponentials ? reduction('highest', 'u32', higher, plan) : ''}
    var<private> thread: u32;
    var<private> rowHere: u32;
    var<private> row: u32;
    var<private> firstVector: u32;
    fn place(j: u32) -> u32 { return firstVector + j${plan.strided ? ' * uniforms.inner' : ''}; }
    fn main(index: i32) {
      // A binding that is declared has to be used.
      _ = &uniforms;
      ${inputs.map((name) => `_ = &${name};`).join(' ')}
      ${plan.strided ? `rowHere = localIndex % ${plan.rows}u; thread = localIndex / ${plan.rows}u;` : `thread = localIndex % ${plan.threads}u; rowHere = localIndex / ${plan.threads}u;`}
      ${locate(op, plan, stage)}
      ${statistics}
      ${stage === 'part' ? storePart(op) : `${op.finish}\n${results(op, plan, stage)}`}
    }
  `;
}

function locate(op: RowCode, {rows, strided}: Plan, stage: Stage): string {
  const inParts = stage === 'part' || (stage === 'merge' && op.map != null);
  return `
    let unit = workgroupId.y * numWorkgroups.x + workgroupId.x;
    ${inParts ? 'let partHere = unit % uniforms.parts;' : ''}
    row = ${inParts ? 'unit / uniforms.parts' : 'unit'} * ${rows}u + rowHere;
    let isRow = row < uniforms.rows;
    let begin = ${inParts ? 'partHere * uniforms.part' : '0u'};
    let end = select(0u, ${inParts ? 'min(begin + uniforms.part, uniforms.count)' : 'uniforms.count'}, isRow);
    firstVector = ${strided ? 'row / uniforms.inner * uniforms.count * uniforms.inner + row % uniforms.inner' : 'row * uniforms.count'};
    ${op.locate ?? ''}
  `;
}

/** The fields of the payload that is added up along a row. */
function fieldsOf({exponentials, sums}: RowCode): string[] {
  return [...ofExponentials(exponentials), ...sums.map(({field}) => field)];
}

function ofExponentials(exponentials: RowCode['exponentials']): string[] {
  return {sum: ['sum'], logarithm: ['others', 'maximal'], none: []}[exponentials ?? 'none'];
}

/** One field is added up as two floats: softmax and its products have nothing else to lose. */
function payloadType(op: RowCode): string {
  return ['', 'vec2<f32>', 'vec2<f32>', 'vec3<f32>', 'vec4<f32>'][fieldsOf(op).length]!;
}

/** Adds up what the threads have in variables of the fields' names with the suffix Mine, each as two floats. */
function addUp(op: RowCode): string {
  const fields = fieldsOf(op);
  if (fields.length === 0) return '';
  if (fields.length === 1) {
    return `let both = addedUp(${fields[0]}Mine); let ${fields[0]} = both.x + both.y;`;
  }
  return `
    let whole = addedUp(${payloadType(op)}(${fields.map((field) => `${field}Mine.x + ${field}Mine.y`).join(', ')}));
    ${fields.map((field, i) => `let ${field} = whole.${'xyzw'[i]};`).join('\n')}`;
}

const MAXIMUM = `
    let maximum = valueOf(maximumKey);
    let shift = shiftOf(maximum);`;

const each = (count: number, text: (u: number) => string): string =>
  Array.from({length: count}, (_, u) => text(u)).join('\n');

/** Reads `count` vectors of a thread, from the one at `base` on; all loads come before what uses them. */
function load({registers}: RowCode, {threads}: Plan, count: number, base: string): string {
  return (
    each(count, (u) => `let j${u} = ${base} + thread + ${u * threads}u; let inside${u} = j${u} < end;`) +
    each(count, (u) => registers.map(({name, load}) => `var ${name}${u} = ${load(`j${u}`, `inside${u}`)};`).join('\n'))
  );
}

const sumOver = (count: number, term: (u: number) => string): string =>
  tree(
    Array.from({length: count}, (_, u) => term(u)),
    plus,
  );

function addTerms(op: RowCode, count: number, when: (needsMaximum: boolean) => boolean): string {
  return op.sums
    .filter(({needsMaximum}) => when(needsMaximum))
    .map(({field, term}) => `${field}Vector += ${sumOver(count, (u) => `select(V(0.0), ${term(u)}, inside${u})`)};`)
    .join('\n');
}

const vectorsOf = (op: RowCode): string => op.sums.map(({field}) => `var ${field}Vector = V(0.0);`).join('\n');
const sumsOfVectors = (op: RowCode): string =>
  op.sums.map(({field}) => `let ${field}Mine = vec2<f32>(sumOf(${field}Vector), 0.0);`).join('\n');

/** Adds the exponentials of `count` vectors to `sumVector`, or to `othersVector` and `maximalVector`. */
function addExponentials({exponentials}: RowCode, count: number, shift: string, key: string, keep: boolean): string {
  const all = each(count, (u) => `let e${u} = exponential(x${u}, ${shift});`);
  if (exponentials === 'sum') {
    return `${all}
      sumVector += ${sumOver(count, (u) => `e${u}`)};
      ${keep ? each(count, (u) => `x${u} = e${u};`) : ''}`;
  }
  return `${all}
    ${each(count, (u) => `let isTop${u} = keyOf(x${u}) == VU(${key});`)}
    othersVector += ${sumOver(count, (u) => `select(e${u}, V(0.0), isTop${u})`)};
    maximalVector += ${sumOver(count, (u) => `select(V(0.0), V(1.0), isTop${u})`)};`;
}

const tops = (count: number): string =>
  tree(
    Array.from({length: count}, (_, u) => `keyOf(x${u})`),
    higher,
  );

const vectorsOfExponentials = ({exponentials}: RowCode): string =>
  ofExponentials(exponentials)
    .map((field) => `var ${field}Vector = V(0.0);`)
    .join(' ');

const addToMine = (field: string, term: string): string =>
  `${field}Mine = added(${field}Mine, vec2<f32>(${term}, 0.0));`;

/** The fields of a row, or of a part, that lies in registers. */
function held(op: RowCode, plan: Plan): string {
  const {exponentials, takesExponentials = false} = op;
  const sums = `${vectorsOf(op)}\n${addTerms(op, plan.held, () => true)}\n${sumsOfVectors(op)}`;
  if (!exponentials) return `${load(op, plan, plan.held, 'begin')}\n${sums}\n${addUp(op)}`;
  return `
    ${load(op, plan, plan.held, 'begin')}
    let maximumKey = highest(topOf(${tops(plan.held)}));
    ${MAXIMUM}
    ${sums}
    ${vectorsOfExponentials(op)}
    ${addExponentials(op, plan.held, 'shift', 'maximumKey', takesExponentials)}
    ${ofExponentials(exponentials)
      .map((field) => `let ${field}Mine = vec2<f32>(sumOf(${field}Vector), 0.0);`)
      .join(' ')}
    ${addUp(op)}`;
}

/**
 * The fields of a row that threads walk along. A power of two more or less in the shift costs no accuracy, so each thread
 * takes exponentials relative to the first maximum that it met; only when it meets one that is more than 40 above are its
 * sums shifted. The sums go on as two floats, since the error of a running sum grows with its length.
 */
function walked(op: RowCode, plan: Plan): string {
  const {exponentials, sums} = op;
  const fields = fieldsOf(op);
  const declared = fields.map((field) => `var ${field}Mine = vec2<f32>(0.0);`).join(' ');
  const walk = (these: string[], body: string) => `
    for (var base = begin; base < end; base += ${WALK * plan.threads}u) {
      ${load(op, plan, WALK, 'base')}
      ${these.map((field) => `var ${field}Vector = V(0.0);`).join(' ')}
      ${body}
      ${these.map((field) => addToMine(field, `sumOf(${field}Vector)`)).join(' ')}
    }`;
  const terms = (when: (needsMaximum: boolean) => boolean) => addTerms(op, WALK, when);
  if (!exponentials)
    return `${declared}${walk(
      fields,
      terms(() => true),
    )}${addUp(op)}`;

  const [first] = ofExponentials(exponentials);
  const late = sums.filter(({needsMaximum}) => needsMaximum).map(({field}) => field);
  const early = fields.filter((field) => !late.includes(field));
  // What was maximal is so no more: it is one of the others, if there is a difference.
  const demote =
    exponentials === 'logarithm'
      ? `${addToMine('others', 'maximalMine.x * exponentialOne(valueOf(key), reference)')} maximalMine = vec2<f32>(0.0);`
      : '';
  return `
    ${declared}
    var key = KEY_OF_NEGATIVE_INFINITY;
    var hasReference = false;
    var referenceValue = 0.0;
    var reference = Shift(0.0, 0.0);
    ${walk(
      early,
      `
      let keyHere = topOf(${tops(WALK)});
      if (keyHere > key) {
        ${demote}
        key = keyHere;
        let value = valueOf(key);
        if (!hasReference || productOne(differenceOne(value, referenceValue)) > 40.0) {
          let next = shiftOf(value);
          ${first}Mine *= select(0.0, shifted(reference, next), hasReference);
          reference = next;
          referenceValue = value;
          hasReference = true;
        }
      }
      ${addExponentials(op, WALK, 'reference', 'key', false)}
      ${terms((needsMaximum) => !needsMaximum)}`,
    )}
    let maximumKey = highest(key);
    ${MAXIMUM}
    ${demote && `if (key != maximumKey) { ${demote} }`}
    ${first}Mine *= select(0.0, shifted(reference, shift), hasReference);
    ${
      late.length > 0
        ? walk(
            late,
            terms((needsMaximum) => needsMaximum),
          )
        : ''
    }
    ${addUp(op)}`;
}

/** What a part leaves: the key of its maximum, and its fields. */
function storePart(op: RowCode): string {
  const numbers = fieldsOf(op).map((field) => `bitcast<i32>(${field})`);
  if (op.exponentials) numbers.unshift('bitcast<i32>(maximumKey)');
  return `
    if (thread == 0u && isRow) {
      let at = (row * uniforms.parts + partHere) * ${numbers.length}u;
      ${numbers.map((number, i) => `result[at + ${i}u] = ${number};`).join('\n')}
    }`;
}

/** The fields of a row from those of its parts. */
function merged(op: RowCode, {threads}: Plan): string {
  const {exponentials, sums} = op;
  const fields = fieldsOf(op);
  const offset = exponentials ? 1 : 0;
  const length = fields.length + offset;
  const over = (body: string) => `
    for (var k = thread; k < select(0u, uniforms.parts, isRow); k += ${threads}u) {
      let at = (row * uniforms.parts + k) * ${length}u;
      ${body}
    }`;
  const read = fields.map((field, i) => `var ${field}Part = bitcast<f32>(partials[at + ${i + offset}u]);`).join('\n');
  const [first] = fields;
  return `
    ${fields.map((field) => `var ${field}Mine = vec2<f32>(0.0);`).join('\n')}
    ${
      exponentials
        ? `
    var key = 0u;
    ${over('key = max(key, bitcast<u32>(partials[at]));')}
    let maximumKey = highest(key);
    ${MAXIMUM}`
        : ''
    }
    ${over(`
      ${read}
      ${
        exponentials
          ? `
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
      ${first}Part *= select(shifted(shiftOfPart, shift), 0.0, keyOfPart == KEY_OF_NEGATIVE_INFINITY);`
          : ''
      }
      ${sums.map(({field, merged}) => (merged ? `${field}Part = ${merged};` : '')).join('\n')}
      ${fields.map((field) => addToMine(field, `${field}Part`)).join('\n')}`)}
    ${addUp(op)}`;
}

/** What a row becomes, element by element or as one number. */
function results(op: RowCode, plan: Plan, stage: Stage): string {
  const {map, rowResult, takesExponentials} = op;
  if (!map) return `if (thread == 0u && isRow) { result[row] = ${rowResult}; }`;
  const store = (count: number) => each(count, (u) => `if (inside${u}) { result[place(j${u})] = ${map(u)}; }`);
  if (plan.held > 0 && stage === 'whole') return store(plan.held);
  const count = plan.held || WALK;
  const body = `
    ${load(op, plan, count, plan.held ? 'begin' : 'base')}
    ${takesExponentials ? each(count, (u) => `x${u} = exponential(x${u}, shift);`) : ''}
    ${store(count)}`;
  return plan.held ? body : `for (var base = begin; base < end; base += ${WALK * plan.threads}u) { ${body} }`;
}
