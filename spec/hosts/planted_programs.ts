/** Plants faults in our programs that a GPU's backend runs, and looks whether the self-check finds them. */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {selfCheck} from '../../backends/dispatcher/self_check';
import {trialsFor} from '../../backends/dispatcher/variants';
import type {Fault} from './planted_kernels';

/** What is wrong with a program of that name, the next time that it runs. */
type FaultOf = (program: string) => Fault | null;
/** From its call on programs have the faults that `faultOf` says, until what it returns is called. */
export type Planting = (faultOf: FaultOf) => () => void;

export interface Planted {
  /** The programs that were faulty, each in the first trial that runs it. */
  programs: string[];
  /** Faults that were not found, and trials that failed without one; in words. */
  wrong: string[];
}

/**
 * Makes each program faulty that a self-check runs: in each trial one at a time, in as many self-checks as that takes. A trial
 * with a faulty program has to fail, and no other may.
 */
export async function plantEachProgram(backend: string, plant: Planting, fault: Fault): Promise<Planted> {
  const done: Planted = {programs: [], wrong: []};
  for (let isOneLeft = true; isOneLeft; ) {
    isOneLeft = false;
    let trial = 0;
    const planted = new Map<number, string>();
    const stop = plant((program) => {
      if (!done.programs.includes(program)) {
        if (planted.has(trial)) isOneLeft = true;
        else {
          planted.set(trial, program);
          done.programs.push(program);
        }
      }
      return planted.get(trial) === program ? fault : null;
    });
    const {variants} = await selfCheck(backend, () => ++trial < 0).finally(stop);
    const failed = new Set(variants.filter(({problem}) => problem !== null).map(({name}) => name));
    for (const [i, {variants: names}] of trialsFor(backend).entries()) {
      const found = names.filter((name) => failed.has(name)).length;
      if (found !== (planted.has(i) ? names.length : 0)) {
        done.wrong.push(`${planted.get(i) ?? 'no fault'} in ${names.join(', ')}: ${found} failed`);
      }
    }
  }
  return done;
}

export function inWebGPU(backend: WebGPUBackend): Planting {
  const insides = backend as unknown as {endComputePassEncoder(): void; commandEncoder: GPUCommandEncoder};
  const passes = Object.getPrototypeOf(
    backend.device.createCommandEncoder().beginComputePass(),
  ) as GPUComputePassEncoder;
  // Bind groups are kept, so that they have to be known from the first on.
  const results = new WeakMap<GPUBindGroup, GPUBuffer>();
  const {createBindGroup} = backend.device;
  backend.device.createBindGroup = function (descriptor) {
    const group = createBindGroup.call(this, descriptor);
    const [result] = descriptor.entries as GPUBindGroupEntry[];
    results.set(group, (result!.resource as GPUBufferBinding).buffer);
    return group;
  };
  return (faultOf) => {
    const {setPipeline, setBindGroup, dispatchWorkgroups} = passes;
    let program = '';
    let result: GPUBuffer | undefined;
    passes.setPipeline = function (pipeline) {
      program = pipeline.label;
      return setPipeline.call(this, pipeline);
    };
    passes.setBindGroup = function (this: GPUComputePassEncoder, index: number, group: GPUBindGroup) {
      result = results.get(group);
      Reflect.apply(setBindGroup, this, [index, group]);
    } as typeof setBindGroup;
    passes.dispatchWorkgroups = function (...counts) {
      const fault = faultOf(program);
      if (fault === null) dispatchWorkgroups.apply(this, counts);
      if (fault !== 'zeros') return;
      insides.endComputePassEncoder();
      insides.commandEncoder.clearBuffer(result!);
    };
    return () => Object.assign(passes, {setPipeline, setBindGroup, dispatchWorkgroups});
  };
}

export function inWebGL(backend: MathBackendWebGL): Planting {
  const {gpgpu} = backend;
  return (faultOf) => {
    const {runWebGLProgram} = backend;
    const {gl, executeProgram} = gpgpu;
    /** Ours that are about to run, the innermost last, and null for tfjs's: what tfjs unpacks for one comes before it. */
    const running: (string | null)[] = [];
    backend.runWebGLProgram = function (...call: Parameters<typeof runWebGLProgram>) {
      const {name} = call[0] as {name?: string};
      running.push(name?.startsWith('tfjs-softmax ') ? name : null);
      try {
        return runWebGLProgram.apply(this, call);
      } finally {
        running.pop();
      }
    };
    gpgpu.executeProgram = () => {
      const program = running.at(-1) ?? null;
      const fault = program && faultOf(program);
      if (fault === null) executeProgram.call(gpgpu);
      if (fault !== 'zeros') return;
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
    };
    return () => Object.assign(backend, {runWebGLProgram}) && Object.assign(gpgpu, {executeProgram});
  };
}
