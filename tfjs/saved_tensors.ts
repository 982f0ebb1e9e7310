/**
 * What a gradient saves, without copies.
 *
 * tfjs saves clones: a kernel call, a tape node and, on wasm, a copy of the data for each tensor. A clone is needed only
 * where the saved tensor itself is differentiated, by a second derivative. Elsewhere an alias does: a second tensor on the
 * same data, as tfjs's own reshape makes. Backends count the tensors that use their data.
 *
 * Relies on: `Engine.saveTensorsForBackwardMode` maps `inputsToSave` (names) to tensors with `map`, appends the outputs with
 * `concat`, and maps that list to clones with `map`. The arrays here override these methods. Where a later tfjs goes about
 * it in another way, they behave as plain arrays, and clones are saved.
 */
import {cast, clone, customGrad, engine, type GradConfig, type Tensor} from '@tensorflow/tfjs-core';
import {gradientDepth} from './tape';

/** A gradient that may save fewer inputs where nothing is differentiated twice. */
export interface Gradient extends GradConfig {
  inputsToSaveOnce?: string[];
}

/** The gradient, so that it saves aliases where nothing is differentiated twice. */
export function savingWithoutCopies({inputsToSave = [], inputsToSaveOnce, gradFunc, ...rest}: Gradient): GradConfig {
  const once = InputNames.from(inputsToSaveOnce ?? inputsToSave);
  return {
    ...rest,
    get inputsToSave() {
      return gradientDepth() === 1 ? once : inputsToSave;
    },
    gradFunc: (dy, saved, attrs) =>
      gradFunc(dy, saved instanceof Aliases && gradientDepth() > 0 ? saved.connectedToTape() : saved, attrs),
  };
}

class InputNames extends Array<string> {
  override map<T>(tensorOf: (name: string, i: number, names: string[]) => T): T[] {
    const inputs = new Originals();
    for (let i = 0; i < this.length; i++) inputs.push(tensorOf(this[i]!, i, this) as Tensor);
    return inputs as unknown[] as T[];
  }
}

class Originals extends Array<Tensor> {
  private outputs: Tensor[] = [];

  override concat(outputs: Tensor[]): Tensor[] {
    this.outputs = outputs;
    return this;
  }

  override map<T>(): T[] {
    const aliases = new Aliases();
    aliases.inputs = this;
    for (const input of this) aliases.push(aliasOf(input));
    for (const output of this.outputs) aliases.push(aliasOf(output));
    return aliases as unknown[] as T[];
  }
}

class Aliases extends Array<Tensor> {
  inputs: Tensor[] = [];

  /**
   * Needed when an inner tf.grad differentiates with respect to a tensor that the outer function had used before: the forward
   * kernel ran at gradient depth 1, and its gradient is recorded all the same.
   * @returns the same tensors; the inputs among them as results of the inputs that the kernel had
   */
  connectedToTape(): Tensor[] {
    return Array.from(this, (alias, i) => {
      const input = this.inputs[i];
      if (!input) return alias;
      // The input may be disposed: only its place on the tape counts.
      return customGrad(() => ({value: clone(alias), gradFunc: (dy: Tensor) => cast(dy, 'float32')}))(input);
    });
  }
}

function aliasOf(tensor: Tensor): Tensor {
  const {backend} = engine().state.tensorInfo.get(tensor.dataId)!;
  const alias = engine().makeTensorFromTensorInfo(tensor, backend);
  backend.incRef(tensor.dataId);
  alias.kept = true;
  return alias;
}
