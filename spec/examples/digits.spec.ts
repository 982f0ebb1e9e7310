import {run} from '../docs/code_blocks';

test('the digits of `npm run start:digits`: stock and installed learn the same', async () => {
  const args = ['node_modules/tsx/dist/cli.mjs', 'examples/digits/main.ts', '--samples', '1000', '--epochs', '1'];
  const {exitCode, stdout, stderr} = await run(process.execPath, args);
  expect([exitCode, exitCode === 0 ? '' : stderr]).toEqual([0, '']);
  const [, stock, installed] = /test loss +│ +([\d.]+) │ +([\d.]+) │/.exec(stdout)!;
  expect(Number(installed)).toBeCloseTo(Number(stock), 5);
  expect(Number(installed)).toBeLessThan(Math.log(10) - 0.3);
  const [, difference] = /largest difference between the probabilities of the two runs: (\S+)/.exec(stdout)!;
  expect(Number(difference)).toBeLessThan(1e-5);
  expect(stdout).toMatch(/softmax in it +│ +[\d.]+ % │ +[\d.]+ % │/);
});
