import type {DropInResult, Figures} from '../drop_in/figures';
import {digits} from '../report/answer_chart';
import {machineName} from '../report/machine_name';
import {markdownTable} from '../report/markdown';

/** What a model pays for `install()`, or saves: one row for each program on each backend, stock → installed. */
export function dropInTable(results: DropInResult[]): string {
  const pair = (stock: number | null, installed: number | null) =>
    stock === null || installed === null ? '' : `${digits(stock)} → ${digits(installed)}`;
  const rows = results.map(({backend, program, stock, installed}) => [
    `${program.startsWith('tf.') ? `\`${program}\`` : program} on ${backend}`,
    pair(stock.first, installed.first),
    pair(stock.early, installed.early),
    pair(stock.warm, installed.warm),
    pair(stock.backwardWarm, installed.backwardWarm),
  ]);
  const head = ['program', 'first call', 'calls 2 to 252', 'later calls', 'its gradient, later calls'];
  return `${markdownTable({head, rows})}\n\n${circumstancesOf(results)}`;
}

/** The same in a sentence, of training. */
export function inTraining(results: DropInResult[]): string {
  const fits = results.filter(({program}) => program === 'fit [128, 10]');
  const total = ({warm, backwardWarm}: Figures) => `${digits(warm + (backwardWarm ?? 0))} µs`;
  const parts = fits.map(
    ({backend, stock, installed}) => `${total(installed)} instead of ${total(stock)} on ${backend}`,
  );
  return (
    `Within \`model.fit\` of a classifier, batches [128, 10], a softmax and its gradient take ${parts.join(', ')} after ` +
    '`install()`: [what a model pays](docs/drop-in.md#what-it-costs).'
  );
}

function circumstancesOf(results: DropInResult[]): string {
  const runs = new Map<string, string[]>();
  for (const {backend, machine, processes} of results) {
    const where = `${processes} processes of each way in turns, ${machineName({machine})}`;
    runs.set(where, [...new Set([...(runs.get(where) ?? []), backend])]);
  }
  const captions = [...runs].map(([where, backends]) => `${backends.join(', ')}: ${where}`);
  return (
    'Microseconds of one `tf.softmax`, stock → installed: of the early calls the mean (of each call the lower quartile over the ' +
    `processes), else the median. ${captions.join('; ')}.`
  );
}
