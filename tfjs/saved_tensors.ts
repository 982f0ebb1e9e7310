/**
 * What a gradient saves, without copies.
 *
 * tfjs saves clones: a kernel call, a tape node and, on wasm, a copy of the data for each tensor. A clone is needed only
 * where the saved tensor itself is differentiated, by a second derivative. Elsewhere an alias does: a second tensor on the
 * same data, as tfjs's own reshape makes. Backends count the tensors that use their data. Where there is no memory for a
 * clone, those before it are released, which tfjs would keep.
 *
 * Relies on: `Engine.saveTensorsForBackwardMode` maps `inputsToSave` (names) to tensors with `map`, appends the outputs with
 * `concat`, and maps that list to clones with `map`. The lists here have methods of their own for these three steps. Where a
 * later tfjs goes about it in another way, they are plain arrays, and clones are saved.
 *
 * They are not of subclasses of Array: until V8 has optimized that, which in a model takes thousands of steps, making one
 * takes as long as a softmax.
 */
import {cast, clone, customGrad, type GradConfig, keep, type Tensor} from '@tensorflow/tfjs-core';
import {ENGINE} from './engine';
import {gradientDepth} from './tape';

/** A gradient that may save fewer inputs where nothing is differentiated twice. */
export interface Gradient extends GradConfig {
  inputsToSaveOnce?: string[];
}

/** The gradient, so that it saves aliases where nothing is differentiated twice. */
export function savingWithoutCopies({inputsToSave = [], inputsToSaveOnce, gradFunc, ...rest}: Gradient): GradConfig {
  const once = [...(inputsToSaveOnce ?? inputsToSave)];
  const again = [...inputsToSave];
  once.map = inputsOf as typeof once.map;
  again.map = inputsOf as typeof again.map;
  return {
    ...rest,
    get inputsToSave() {
      return gradientDepth() === 1 ? once : again;
    },
    gradFunc: (dy, saved, attrs) => gradFunc(dy, connected(saved), attrs),
  };
}

/**
 * A value that stands on the tape as one operation of its inputs, as of customGrad; but inputs have names, the derivative in
 * one is made only where it is asked for, and nothing is saved as a copy.
 *
 * Relies on: `Engine.runKernelFunc`, which customGrad calls too, takes `inputs`, `forwardFunc` with a function that
 * saves, and `backwardsFunc`.
 *
 * @param results what else is saved; they are the tape's then
 * @param derivative of an input, for a cotangent of the value
 * @param unsaved an input that is there only as long as nobody disposes it
 */
export function asOneOperation(
  inputs: Record<string, Tensor>,
  value: Tensor,
  results: Tensor[],
  derivative: (input: string, dy: Tensor, saved: {inputs: Record<string, Tensor>; results: Tensor[]}) => Tensor,
  unsaved?: string,
): Tensor {
  const names = Object.keys(inputs);
  const kept = names.filter((name) => name !== unsaved);
  return (ENGINE as unknown as RunsFunctions).runKernelFunc({
    inputs,
    forwardFunc: (_, save) => {
      const originals = kept.map((name) => inputs[name]!);
      const all = [...originals, ...results];
      const aliases = () =>
        Object.assign([...originals.map(aliasOf), ...results.map((each) => keep(each))], {originals});
      all.map = aliases as typeof all.map;
      const result = clone(value); // before anything is saved, which nobody would release if this failed
      save(all);
      return result;
    },
    backwardsFunc: (dy, tensors) => {
      const known = connected(tensors);
      const saved = {inputs: Object.assign(Object.create(null), inputs), results: tensors.slice(kept.length)};
      kept.forEach((name, i) => {
        saved.inputs[name] = known[i]!;
      });
      return Object.fromEntries(names.map((name) => [name, () => derivative(name, dy, saved)]));
    },
  });
}

interface RunsFunctions {
  runKernelFunc(operation: {
    inputs: Record<string, Tensor>;
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor;
    backwardsFunc: (dy: Tensor, saved: Tensor[]) => Record<string, () => Tensor>;
  }): Tensor;
}

interface Originals extends Array<Tensor> {
  inputs: number;
}

interface ClonesOnTape {
  clone(tensor: Tensor): Tensor;
}

interface Aliases extends Array<Tensor> {
  /** The inputs among the saved tensors, which come first. */
  originals: Tensor[];
}

/** `map` of names of inputs. */
function inputsOf(this: string[], tensorOf: (name: string, i: number, names: string[]) => Tensor): Tensor[] {
  const inputs = [] as unknown as Originals;
  for (let i = 0; i < this.length; i++) inputs.push(tensorOf(this[i]!, i, this));
  inputs.inputs = inputs.length;
  inputs.concat = withOutputs as typeof inputs.concat;
  return inputs;
}

/** `concat` of inputs. */
function withOutputs(this: Originals, outputs: Tensor[]): Tensor[] {
  for (let i = 0; i < outputs.length; i++) this.push(outputs[i]!);
  this.map = (gradientDepth() === 1 ? aliasesOf : clonesOf) as typeof this.map;
  return this;
}

/** `map` of inputs and outputs. */
function aliasesOf(this: Originals): Tensor[] {
  const aliases = [] as unknown as Aliases;
  for (let i = 0; i < this.length; i++) aliases.push(aliasOf(this[i]!));
  this.length = this.inputs;
  aliases.originals = this;
  return aliases;
}

/** The same as clones, by the engine's own function: they stand on the tape, and what tf.clone gives within a kernel does not. */
function clonesOf(this: Originals): Tensor[] {
  const clones: Tensor[] = [];
  try {
    for (const tensor of Array.from(this)) clones.push(keep((ENGINE as unknown as ClonesOnTape).clone(tensor)));
  } catch (error) {
    for (const tensor of clones) tensor.dispose();
    throw error;
  }
  return clones;
}

/**
 * The saved tensors; where aliases are derived again, the inputs among them as results of the inputs that the kernel had.
 *
 * Needed when an inner tf.grad differentiates with respect to a tensor that the outer function had used before: the forward
 * kernel ran at gradient depth 1, and its gradient is recorded all the same.
 */
function connected(saved: Tensor[] | Aliases): Tensor[] {
  if (!('originals' in saved) || gradientDepth() === 0) return saved;
  return saved.map((alias, i) => {
    const input = saved.originals[i];
    if (!input) return alias;
    // The input may be disposed: only its place on the tape counts.
    return customGrad(() => ({value: clone(alias), gradFunc: (dy: Tensor) => cast(dy, 'float32')}))(input);
  });
}

function aliasOf(tensor: Tensor): Tensor {
  const {backend} = ENGINE.state.tensorInfo.get(tensor.dataId)!;
  const alias = ENGINE.makeTensorFromTensorInfo(tensor, backend);
  backend.incRef(tensor.dataId);
  alias.kept = true;
  return alias;
}
