import fc from 'fast-check';

/** What somebody may pass where something else is meant. */
export const ANYTHING = fc.oneof(
  fc.anything({withNullPrototype: true, withBigInt: true, withDate: true, withTypedArray: true}),
  fc.constantFrom(Symbol('wrong'), () => 1, null, Number.NaN, -1, Number.POSITIVE_INFINITY, '', 'cpu', [], {}),
);
