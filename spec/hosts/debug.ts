import {env} from '@tensorflow/tfjs-core';

/**
 * Sets tfjs's DEBUG mode, which prints a line for each kernel and each infinity, some of them when the test is over: the rest
 * of the spec prints nothing.
 */
export function debugQuietly(): void {
  for (const method of ['log', 'warn'] as const) jest.spyOn(console, method).mockImplementation(() => {});
  env().set('DEBUG', true);
}
