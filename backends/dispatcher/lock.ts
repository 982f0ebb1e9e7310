/** The end of the queue of those who start, measure and switch backends. */
let last: Promise<unknown> = Promise.resolve();

/** One after the other: the action runs when all that were asked for before have ended. */
export function oneAtATime<T>(action: () => Promise<T>): Promise<T> {
  const result = last.then(action);
  last = result.catch(() => {});
  return result;
}
