/**
 * Terms combined as a tree: the error of such a sum grows with the logarithm of how many there are, and no term waits for
 * all before it.
 */
export function tree(terms: string[], combine: (a: string, b: string) => string): string {
  if (terms.length === 1) return terms[0]!;
  const half = Math.ceil(terms.length / 2);
  return combine(tree(terms.slice(0, half), combine), tree(terms.slice(half), combine));
}

export const plus = (a: string, b: string): string => `(${a} + ${b})`;
export const higher = (a: string, b: string): string => `max(${a}, ${b})`;
/** With `added`, of numbers.ts. */
export const exactly = (a: string, b: string): string => `added(${a}, ${b})`;
