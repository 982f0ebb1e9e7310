import {checkOptions, mustBe, option, show} from '../kernels/check';
import {ROUTED_OPS, type RoutedOp} from './route';

/** Which of tfjs's ops `install()` routes; by default all that it can. */
export interface InstallOptions {
  /** Only these. */
  only?: readonly RoutedOp[];
  /** All but these. */
  except?: readonly RoutedOp[];
}

/**
 * The ops that are wanted.
 * @throws if an option is no array of the names of ops
 */
export function wantedOps(options: InstallOptions): Set<RoutedOp> {
  checkOptions('install', options);
  const only = namesIn('only', option(options, 'only', ROUTED_OPS));
  const except = namesIn('except', option(options, 'except', []));
  return new Set(only.filter((op) => !except.includes(op)));
}

function namesIn(name: string, value: readonly RoutedOp[]): RoutedOp[] {
  const allowed = `Allowed are ${ROUTED_OPS.map((op) => `'${op}'`).join(', ')}.`;
  if (!Array.isArray(value)) throw mustBe('install', name, 'an array', value, allowed);
  return Array.from(value, (given: unknown) => {
    const op = ROUTED_OPS.find((one) => one === given || one.slice(one.lastIndexOf('.') + 1) === given);
    if (op === undefined)
      throw new Error(`install: ${name} contains ${show(given)}, which install() cannot route. ${allowed}`);
    return op;
  });
}
