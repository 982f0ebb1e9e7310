/**
 * Running what the program runs on another backend. The program's tensors appear there as copies: they stay where they are,
 * and so it can go on with them, and has them back without a move.
 *
 * Relies on: a backend keeps data under their ids in a storage of its own, which asks `engine().moveData` for those that it
 * has not; that reads them from the backend that `state.tensorInfo` names, and deletes them there. `refCount`, `incRef` and
 * `disposeData` of a backend count who uses them. Tensors are numbered in the order in which they are made, and
 * `Variable.assign` goes through `engine().disposeTensor`.
 */
import {type DataId, engine, type KernelBackend, type Tensor, type Variable} from '@tensorflow/tfjs-core';
import {activate} from './active_backend';
import {replaceMethod} from './engine';

type Values = ReturnType<KernelBackend['readSync']>;

/** What is read of tensors on backends that give values asynchronously only; shared by visits to several backends. */
export class ReadAhead {
  readonly values = new Map<DataId, Values>();

  /** @param isNeeded whether that backend gives its values asynchronously only */
  constructor(readonly isNeeded: (backend: KernelBackend) => boolean) {}

  async read(ids: Iterable<DataId>): Promise<void> {
    for (const id of ids) {
      const owner = engine().state.tensorInfo.get(id)?.backend;
      if (owner && this.isNeeded(owner) && !this.values.has(id)) this.values.set(id, await owner.read(id));
    }
  }
}

/** A backend on which the program's tensors appear as copies while it is entered. */
export class BackendVisit {
  /** The data that were needed and could not be read at once: what ran threw, and can run once they are read ahead. */
  readonly missing = new Set<DataId>();
  /** Why what ran is not to be run; it may have caught the error. */
  refusal: Error | null = null;
  /** While something of the program may run that is not to be guarded: between the parts of an asynchronous function. */
  isShared = false;
  private readonly backend: KernelBackend;
  /** Whose the copied data are. */
  private readonly owners = new Map<DataId, KernelBackend>();
  /** What variables made here held before they were assigned to. */
  private readonly initial = new Map<Variable, Tensor>();
  private undo: (() => void)[] = [];

  /**
   * @param firstNew tensors with smaller numbers were there before, and are left as they are
   * @param onKernel is told of the tensors that kernels get
   */
  constructor(
    readonly name: string,
    private readonly readAhead: ReadAhead,
    private readonly firstNew: number,
    private readonly onKernel: ((ids: DataId[]) => void) | null = null,
  ) {
    this.backend = engine().registry[name]!;
  }

  /** From here until `leave` the backend is the active one. @throws if it was removed */
  enter(): void {
    const tfjs = engine();
    if (this.backend == null || this.isRemoved()) throw new Error('the backend was removed in the meantime');
    for (const [id, owner] of this.owners) {
      const info = tfjs.state.tensorInfo.get(id);
      if (info?.backend === owner && this.backend.refCount(id) > 0) {
        level(id, owner, this.backend);
        info.backend = this.backend;
      } else {
        this.backend.disposeData(id, true);
        this.owners.delete(id);
      }
    }
    const {moveData, disposeTensor, runKernel} = tfjs;
    this.undo = [
      activate(this.name),
      replaceMethod(tfjs, 'moveData', (backend, id) => {
        if (backend !== this.backend) moveData.call(tfjs, backend, id);
        else this.copy(id);
      }),
      replaceMethod(tfjs, 'disposeTensor', (tensor) => {
        this.guard(tensor);
        disposeTensor.call(tfjs, tensor);
      }),
    ];
    const onKernel = this.onKernel;
    if (onKernel === null) return;
    const noting: typeof runKernel = (name, inputs, attrs) => {
      const tensors = Object.values(inputs ?? {}).flat();
      onKernel(tensors.filter((tensor) => tensor != null).map(({dataId}) => dataId));
      return runKernel.call(tfjs, name, inputs, attrs) as never;
    };
    this.undo.push(replaceMethod(tfjs, 'runKernel', noting));
  }

  /**
   * Everything is where it was before `enter`; the copies are kept for the next time. After a refusal variables that were made
   * here hold again what they held at first: what made them may not run again.
   */
  leave(): void {
    const tfjs = engine();
    for (const undo of this.undo.splice(0).reverse()) undo();
    const started = Object.values(tfjs.registry);
    for (const [id, owner] of this.owners) {
      const info = tfjs.state.tensorInfo.get(id);
      if (info?.backend === this.backend && started.includes(owner)) {
        level(id, this.backend, owner);
        info.backend = owner;
        continue;
      }
      // Disposed of meanwhile, or taken to a third backend; or its own was removed, and then it is here now.
      if (started.includes(owner)) owner.disposeData(id, true);
      this.owners.delete(id);
    }
    for (const [variable, value] of this.initial) {
      if (this.refusal && !variable.isDisposed) variable.assign(value);
      value.dispose();
    }
    this.initial.clear();
  }

  isRemoved(): boolean {
    return engine().registry[this.name] !== this.backend;
  }

  /** Frees the copies. */
  end(): void {
    if (!this.isRemoved()) {
      for (const id of this.owners.keys()) {
        if (engine().state.tensorInfo.get(id)?.backend !== this.backend) this.backend.disposeData(id, true);
      }
    }
    this.owners.clear();
  }

  private copy(id: DataId): void {
    const {state} = engine();
    const info = state.tensorInfo.get(id);
    if (!info) throw new Error('a tensor is disposed of already');
    const owner = this.owners.get(id) ?? info.backend;
    let values = this.readAhead.values.get(id);
    if (values === undefined && this.readAhead.isNeeded(owner)) {
      this.missing.add(id);
      throw new Error('a tensor is on a backend whose values cannot be read at once');
    }
    values ??= owner.readSync(id);
    this.backend.move(id, values, info.shape, info.dtype, owner.refCount(id));
    this.owners.set(id, owner);
    info.backend = this.backend;
    // As after a move: where tfjs checks kernels for leaks, this is none.
    const {numDataMovesStack} = state;
    if (numDataMovesStack.length > 0) numDataMovesStack[numDataMovesStack.length - 1]!++;
  }

  /** @throws before something is disposed of or assigned to that was there before */
  private guard(tensor: Tensor): void {
    const variable = 'trainable' in tensor ? (tensor as Variable) : null;
    if (tensor.id >= this.firstNew) {
      if (variable && !this.initial.has(variable)) this.initial.set(variable, heldBy(variable));
      return;
    }
    if (variable) {
      this.refusal = new Error(
        `the function changes the variable ${variable.name}: it trains, or disposes of it, and running it would change the ` +
          'program. Nothing has changed. To have training weighed, give what it computes: ' +
          '() => tf.variableGrads(() => loss(model.apply(x))), without applying the gradients',
      );
    } else if (!this.isShared) {
      this.refusal = new Error(
        `the function disposes of a tensor of shape [${tensor.shape}] that was there before, and could not run again. ` +
          'Nothing has changed. Make that tensor in the function, or dispose of it after this',
      );
    } else return;
    throw this.refusal;
  }
}

/** What a variable holds, as a tensor that no scope disposes of. */
function heldBy(variable: Variable): Tensor {
  const held = variable.clone();
  held.kept = true;
  return held;
}

/** As many uses of the data are counted on one backend as on the other. */
function level(id: DataId, from: KernelBackend, to: KernelBackend): void {
  const count = from.refCount(id);
  for (let i = to.refCount(id); i < count; i++) to.incRef(id);
  for (let i = to.refCount(id); i > count; i--) to.disposeData(id);
}

/** The backend that holds a tensor's values. */
export function holderOf({dataId}: Tensor): KernelBackend | undefined {
  return engine().state.tensorInfo.get(dataId)?.backend;
}

/** The number that the next tensor will have. */
export function nextTensorId(): number {
  return (engine() as unknown as {nextTensorId(): number}).nextTensorId();
}

/** The program's variables, by name. */
export function variablesOfProgram(): Variable[] {
  return Object.values(engine().state.registeredVariables);
}

/** Moves a tensor's values to another backend that has started, whether or not they can be read at once. */
export async function moveTo(backend: KernelBackend, dataId: DataId): Promise<void> {
  const {tensorInfo} = engine().state;
  const source = tensorInfo.get(dataId)?.backend;
  if (!source || source === backend) return;
  const values = await source.read(dataId);
  const info = tensorInfo.get(dataId);
  if (!info || info.backend !== source) return; // disposed of, or moved, meanwhile
  const count = source.refCount(dataId);
  source.disposeData(dataId, true);
  info.backend = backend;
  backend.move(dataId, values, info.shape, info.dtype, count);
}

/** The tensors of the innermost scope. */
export function tensorsOfScope(): Tensor[] {
  return [...(engine().state.activeScope?.track ?? [])];
}
