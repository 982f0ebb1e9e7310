// What is jasmine's in tfjs's tests and their helpers.
expect.extend({nothing: () => ({pass: true, message: () => ''})});

/** jest's `expect` with the matchers of jasmine that tfjs's specs use. */
export function jasmineExpect(actual: unknown) {
  const matchers = expect(actual);
  return Object.assign(matchers, {toThrowError: matchers.toThrow});
}
