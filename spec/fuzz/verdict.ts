import type {Bounds} from '../../backends/backend';
import type {FuzzCase, FuzzOutcome} from './case';
import {expectedOf} from './expected';

/** How a verdict begins if something is left behind or changed, whatever the result is. */
export const LEFT = 'something is another than before';

/** What is wrong with an outcome, for people; null if nothing is. */
export function verdict(fuzzed: FuzzCase, {result, error, changes}: FuzzOutcome, bounds: Bounds): string | null {
  if (changes.length > 0) {
    return `${LEFT}: ${changes.join('; ')}${error ? ` (and it threw: ${error.message})` : ''}`;
  }
  if (fuzzed.mistake)
    return error ? unclear(fuzzed, error) : `nothing was said of the mistake, but ${show(result)} came`;
  if (error) return `it is valid, but threw ${error.name}: ${error.message}`;
  return difference(fuzzed, result!, bounds);
}

/** An error is clear if the op itself throws it, and says which argument is wrong and what is allowed. */
function unclear({op, mistake}: FuzzCase, {name, message}: NonNullable<FuzzOutcome['error']>): string | null {
  const {argument} = mistake!;
  if (name !== 'Error') return `not an error of ours: ${name}: ${message}`;
  if (!message.startsWith(`${op}: `)) return `the error does not say which op it is from: ${message}`;
  const named = argument === 'indices' ? /indices|labels/ : new RegExp(argument);
  if (!named.test(message)) return `the error does not name ${argument}: ${message}`;
  if (!/must|allowed|Use it before/i.test(message)) return `the error does not say what is allowed: ${message}`;
  return null;
}

function difference(fuzzed: FuzzCase, result: NonNullable<FuzzOutcome['result']>, bounds: Bounds): string | null {
  const {shape, exact, tolerance, dtype = 'float32'} = expectedOf(fuzzed, bounds);
  if (result.dtype !== dtype) return `its dtype is ${result.dtype}`;
  if (result.shape.join() !== shape.join()) return `its shape is [${result.shape}], not [${shape}]`;
  if (result.values.length !== exact.length) return `it has ${result.values.length} values, not ${exact.length}`;
  for (let i = 0; i < exact.length; i++) {
    const [actual, wanted, allowed] = [result.values[i]!, exact[i]!, tolerance[i]!];
    if (isWithin(actual, wanted, allowed)) continue;
    return `element ${i} is ${actual}, not ${wanted} within ${allowed}: off by ${Math.abs(actual - wanted) / allowed} of that`;
  }
  return null;
}

function isWithin(actual: number, exact: number, tolerance: number): boolean {
  if (tolerance === Number.POSITIVE_INFINITY) return true;
  if (Number.isNaN(exact)) return Number.isNaN(actual);
  if (!Number.isFinite(Math.fround(exact)))
    return actual === Math.fround(exact) || Math.abs(actual - exact) <= tolerance;
  if (!Number.isFinite(actual)) return Math.abs(exact) + tolerance > 3.4028235e38;
  return Math.abs(actual - exact) <= tolerance;
}

function show(result: FuzzOutcome['result']): string {
  return result ? `[${Array.from(result.values).slice(0, 8)}] of shape [${result.shape}]` : 'nothing';
}
