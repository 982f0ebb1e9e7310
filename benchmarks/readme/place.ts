/**
 * Puts each text between its markers, `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`.
 *
 * @throws if there are no markers of that name
 */
export function placed(document: string, texts: Record<string, string>): string {
  let result = document;
  for (const [name, text] of Object.entries(texts)) {
    const [start, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
    const [from, to] = [result.indexOf(start), result.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`there is no ${start} followed by ${end} to put the table between`);
    result = `${result.slice(0, from + start.length)}\n${text}\n${result.slice(to)}`;
  }
  return result;
}
