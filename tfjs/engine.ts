import type {engine} from '@tensorflow/tfjs-core';

/** tfjs's engine: one for a program, shared by all copies of tfjs-core in it. */
export type Engine = ReturnType<typeof engine>;
