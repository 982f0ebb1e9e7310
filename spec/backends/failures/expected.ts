import type {FailureTable} from '../../hosts/failure_table';

/**
 * That no failure did harm; that what failed is what is known to be asked for; and that there was something to fail.
 * @param isSample whether not all that is known need have been asked for
 */
export function expectNothingWrong(
  backend: string,
  {points, gotRound, errors, wrong}: FailureTable,
  known: string[],
  isSample = false,
): void {
  const asks = Object.entries(points).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(`${backend}: ${asks.join(', ')}: ${gotRound} got round, ${errors} became errors\n`);
  expect(wrong).toEqual([]);
  const asked = isSample ? known.filter((name) => name in points) : known;
  expect(Object.keys(points)).toEqual([...asked].sort());
  expect(gotRound + errors).toBeGreaterThan(10);
}
