/**
 * Sums of many terms, in blocks: the error of a running sum grows with its length, so it is cut short and added to
 * another.
 */
export const SUM = `
  struct Sum { vec4 block; vec4 total; int terms; };

  Sum emptySum() { return Sum(vec4(0.), vec4(0.), 0); }

  void add(inout Sum sum, vec4 term) {
    sum.block += term;
    sum.terms++;
    if ((sum.terms & 15) == 0) {
      sum.total += sum.block;
      sum.block = vec4(0.);
    }
  }

  vec4 valueOf(Sum sum) { return sum.total + sum.block; }
`;
