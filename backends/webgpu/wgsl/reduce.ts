import type {Plan} from '../plan';
import {tree} from './tree';

/**
 * WGSL that reduces what the threads of a row have to one value, which each of them gets: `name(value)`. Two barriers,
 * whatever the number of threads: some of them add up the values of a share each, and then all of them the shares.
 *
 * It has to be called where control flow is uniform. Its memory is its own, and its two arrays are each read only
 * between barriers, so it may be called again at once.
 */
export function reduction(
  name: string,
  type: string,
  combine: (a: string, b: string) => string,
  {threads, rows, strided}: Pick<Plan, 'threads' | 'rows' | 'strided'>,
): string {
  if (threads === 1) return `fn ${name}(value: ${type}) -> ${type} { return value; }`;
  const shares = 2 ** Math.floor(Math.log2(threads) / 2);
  const share = tree(threads / shares, (k) => `${name}Values[${name}Place(thread + ${k * shares}u)]`, combine);
  const whole = tree(shares, (k) => `${name}Shares[rowHere * ${shares}u + ${k}u]`, combine);
  const place = strided ? `t * ${rows}u + rowHere` : `rowHere * ${threads}u + t`;
  return `
    var<workgroup> ${name}Values: array<${type}, ${threads * rows}>;
    var<workgroup> ${name}Shares: array<${type}, ${shares * rows}>;
    fn ${name}Place(t: u32) -> u32 { return ${place}; }
    fn ${name}(value: ${type}) -> ${type} {
      ${name}Values[${name}Place(thread)] = value;
      workgroupBarrier();
      if (thread < ${shares}u) { ${name}Shares[rowHere * ${shares}u + thread] = ${share}; }
      workgroupBarrier();
      return ${whole};
    }
  `;
}
