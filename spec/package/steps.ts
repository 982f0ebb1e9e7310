import {readFileSync} from 'node:fs';

/** What somebody does who follows a Markdown file: runs a command, or saves a block of code as a file. */
export type Step = {command: string} | {file: string | null; code: string};

/**
 * The steps of a section. Commands are indented lines; a fenced block is the file whose name the text before it has last
 * in backticks, or null.
 *
 * @throws if there is no such section
 */
export function stepsOf(markdown: string, heading: string): Step[] {
  const section = readFileSync(markdown, 'utf8')
    .split(/^## /m)
    .find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${markdown} has no section ${heading}`);
  const steps: Step[] = [];
  let file: string | null = null;
  for (const part of section.split(/(^```\w+\n.*?^```$)/ms)) {
    const [, code] = /^```\w+\n(.*)^```$/ms.exec(part) ?? [];
    if (code !== undefined) {
      steps.push({file, code});
      continue;
    }
    for (const [, command] of part.matchAll(/^ {4}(\S.*)$/gm)) steps.push({command: command!});
    file = [...part.matchAll(/`(\w+\.\w+)`/g)].at(-1)?.[1] ?? null;
  }
  return steps;
}
