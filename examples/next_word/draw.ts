import Table from 'cli-table3';
import colors from 'picocolors';

const PLAIN = {style: {head: [], border: [], compact: true}};
const WIDTH = 50;

/** What the two runs are called, and the colour of each. */
export const RUNS = {stock: colors.yellow, installed: colors.green};
export type RunName = keyof typeof RUNS;

/** The figures of a run, medians of its steps in milliseconds. */
export interface Figures {
  total: number;
  ofLoss: number;
  /** In nats, on words that it was not trained on. */
  loss: number;
}

/** A bar for each step, as long as it took: softmax and loss are filled, the rest is shaded. */
export function bars(runs: Record<RunName, Figures>): string {
  const longest = Math.max(...Object.values(runs).map(({total}) => total));
  const lines = entries(runs).map(([name, {total, ofLoss}]) => {
    const filled = Math.round((WIDTH * ofLoss) / longest);
    const all = Math.round((WIDTH * total) / longest);
    const bar = RUNS[name]('█'.repeat(filled) + '░'.repeat(all - filled)) + ' '.repeat(WIDTH - all);
    const share = `${Math.round((100 * ofLoss) / total)} %`;
    return `${name.padEnd(10)}${bar} ${ms(total)}, of which softmax and loss ${ms(ofLoss)} (${share})`;
  });
  return [...lines, `${' '.repeat(10)}${colors.dim('█ softmax and loss   ░ the rest of the step')}`].join('\n');
}

/** The same and more as a table, with stock over installed; below 1 stock is the better one. */
export function figures(runs: Record<RunName, Figures>, batchSize: number): string {
  const {stock, installed} = runs;
  const table = new Table({
    ...PLAIN,
    head: ['', 'stock', 'installed', ''],
    colAligns: ['left', 'right', 'right', 'left'],
  });
  const perSecond = ({total}: Figures) => (1000 * batchSize) / total;
  table.push(
    ['softmax and loss, a step', ms(stock.ofLoss), ms(installed.ofLoss), times(stock.ofLoss / installed.ofLoss)],
    ['whole step', ms(stock.total), ms(installed.total), times(stock.total / installed.total)],
    ['words learnt a second', ...[stock, installed].map((run) => perSecond(run).toFixed(0)), ''],
    ['loss on unseen words', stock.loss.toFixed(5), installed.loss.toFixed(5), 'nats a word: smaller is better'],
  );
  return table.toString();
}

function times(ratio: number): string {
  if (ratio >= 1.05) return colors.green(`${ratio.toFixed(1)} times as fast`);
  return ratio > 0.95 ? 'no difference' : colors.red(`slower: ${ratio.toFixed(2)} times the speed`);
}

/** What each makes of logits of which one is far ahead, beside the right value. */
export function confident(rows: {logit: number; right: number; stock: number; installed: number}[]): string {
  const head = ['the logit that leads', 'right', 'installed', 'stock'];
  const table = new Table({...PLAIN, head, colAligns: head.map(() => 'right' as const)});
  for (const {logit, right, installed, stock} of rows) {
    const marked = (value: number) => (Math.abs(value / right - 1) < 1e-5 ? colors.green : colors.red)(number(value));
    table.push([String(logit), number(right), marked(installed), marked(stock)]);
  }
  return table.toString();
}

function number(value: number): string {
  return value === 0 ? '0' : value.toExponential(5);
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function entries<T>(runs: Record<RunName, T>): [RunName, T][] {
  return Object.entries(runs) as [RunName, T][];
}
