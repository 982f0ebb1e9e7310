/**
 * Puts each text between its markers, `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`, wherever a document has them.
 *
 * @throws on markers of a name that there is no text for, or that do not come in pairs
 */
export function placed(document: string, texts: Record<string, string>): string {
  let result = document;
  for (const [start, name] of document.matchAll(/<!-- bench:([\w-]+) -->/g)) {
    const text = texts[name!];
    if (text === undefined)
      throw new Error(`${start} has a name of no text; there are ${Object.keys(texts).join(', ')}`);
    const end = `<!-- /bench:${name} -->`;
    const [from, to] = [result.indexOf(start), result.indexOf(end)];
    if (to < from) throw new Error(`${start} is not followed by ${end}`);
    result = `${result.slice(0, from + start.length)}\n${text}\n${result.slice(to)}`;
  }
  return result;
}

/** The names of the markers that a document has. */
export function markersOf(document: string): string[] {
  return [...document.matchAll(/<!-- bench:([\w-]+) -->/g)].map(([, name]) => name!);
}
