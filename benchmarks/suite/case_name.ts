import type {Case} from './report';
import {workloadName} from './workload';

/** For people, such as `softmax 64x1000 on wasm, 2 threads`. */
export function caseName(one: Pick<Case, 'op' | 'shape' | 'backend' | 'threads'>): string {
  return `${workloadName(one)} on ${placeName(one)}`;
}

/** A backend, and its threads where they are said and more than one. */
export function placeName({backend, threads}: Pick<Case, 'backend' | 'threads'>): string {
  return threads !== null && threads > 1 ? `${backend}, ${threads} threads` : backend;
}
