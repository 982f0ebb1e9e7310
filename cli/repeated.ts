/** An option as Node's parseArgs gives it with `tokens: true`. */
interface Token {
  kind: string;
  name?: string;
  value?: string | boolean | undefined;
}

/**
 * parseArgs takes the last of what is given again, and says nothing.
 *
 * @param multiple the options that may be given again, with another value
 * @throws if an option is given twice
 */
export function refuseRepeated(tokens: readonly Token[], multiple: readonly string[] = []): void {
  const seen = new Set<string>();
  for (const {kind, name = '', value} of tokens) {
    if (kind !== 'option') continue;
    const given = multiple.includes(name) ? `--${name} ${value}` : `--${name}`;
    if (seen.has(given)) throw new Error(`${given} is given twice. Give it once.`);
    seen.add(given);
  }
}
