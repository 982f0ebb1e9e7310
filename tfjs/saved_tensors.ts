import {cast, clone, customGrad, engine, type GradConfig, type Tensor} from '@tensorflow/tfjs-core';
import {gradientDepth} from './tape';

/**
 * What a gradient saves, without copies.
 *
 * tfjs saves clones: of each tensor another kernel call, another node on the tape, and on wasm a copy of the data. Where
 * nothing will be derived through it, a second tensor on the same data does as well. That is how tfjs reshapes: backends
 * count who uses their data.
 *
 * tfjs asks a gradient for the names of the inputs that it saves, maps these to tensors, adds outputs with `concat`, and maps
 * the list to clones. The lists here make second tensors instead. A tfjs that went about it in another way would find arrays
 * in them like any other.
 */

/** A gradient that may need less where nothing is derived twice. */
export interface Gradient extends GradConfig {
  inputsToSaveOnce?: string[];
}

/** The gradient, so that it saves without copies where nothing is derived twice. */
export function savingWithoutCopies({inputsToSave = [], inputsToSaveOnce, gradFunc, ...rest}: Gradient): GradConfig {
  const once = Names.from(inputsToSaveOnce ?? inputsToSave);
  return {
    ...rest,
    get inputsToSave() {
      return gradientDepth() === 1 ? once : inputsToSave;
    },
    gradFunc: (dy, saved, attrs) =>
      gradFunc(dy, saved instanceof Seconds && gradientDepth() > 0 ? saved.onTape() : saved, attrs),
  };
}

class Names extends Array<string> {
  override map<T>(tensorOf: (name: string, i: number, names: string[]) => T): T[] {
    const inputs = new Firsts();
    for (let i = 0; i < this.length; i++) inputs.push(tensorOf(this[i]!, i, this) as Tensor);
    return inputs as unknown[] as T[];
  }
}

class Firsts extends Array<Tensor> {
  private outputs: Tensor[] = [];

  override concat(outputs: Tensor[]): Tensor[] {
    this.outputs = outputs;
    return this;
  }

  override map<T>(): T[] {
    const seconds = new Seconds();
    seconds.inputs = this;
    for (const first of this) seconds.push(secondOf(first));
    for (const first of this.outputs) seconds.push(secondOf(first));
    return seconds as unknown[] as T[];
  }
}

class Seconds extends Array<Tensor> {
  inputs: Tensor[] = [];

  /**
   * For a derivative that is recorded although its kernel ran where nothing was to be derived twice. So it is where an inner
   * `tf.grad` is taken with respect to a tensor from which the outer function had computed already.
   * @returns the same tensors, the inputs as results of what was the input
   */
  onTape(): Tensor[] {
    return Array.from(this, (second, i) => {
      const first = this.inputs[i];
      // It may be disposed: only its place on the tape counts.
      if (!first) return second;
      return customGrad(() => ({value: clone(second), gradFunc: (dy: Tensor) => cast(dy, 'float32')}))(first);
    });
  }
}

function secondOf(first: Tensor): Tensor {
  const {backend} = engine().state.tensorInfo.get(first.dataId)!;
  const second = engine().makeTensorFromTensorInfo(first, backend);
  backend.incRef(first.dataId);
  second.kept = true;
  return second;
}
