import type {Report} from '../suite/report';

/** With as many digits as a stopwatch has. */
export function json(report: Report): string {
  const rounded = (value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  return `${JSON.stringify(report, (_, value) => rounded(value), 1)}\n`;
}
