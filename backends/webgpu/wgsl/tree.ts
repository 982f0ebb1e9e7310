/**
 * So many terms combined as a tree: the error of such a sum grows with the logarithm of how many there are, and no term waits
 * for all before it.
 */
export function tree(count: number, term: (k: number) => string, combine: (a: string, b: string) => string): string {
  if (count === 1) return term(0);
  const half = Math.ceil(count / 2);
  return combine(
    tree(half, term, combine),
    tree(count - half, (k) => term(half + k), combine),
  );
}

export const plus = (a: string, b: string): string => `(${a} + ${b})`;
export const higher = (a: string, b: string): string => `max(${a}, ${b})`;
/** With `added`, of numbers.ts. */
export const exactly = (a: string, b: string): string => `added(${a}, ${b})`;
