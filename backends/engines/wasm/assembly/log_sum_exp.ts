// logSumExp of rows with an infinite maximum. There m + log s is NaN: rather than to look for it in every sweep, the
// kernels leave the NaN, and this goes over the results in the end. What is NaN because NaN is in the row stays so.

/** The largest scale·x of a row, or NaN if there is one: logSumExp where the largest is infinite. */
function limit(x: usize, end: usize, step: usize, scale: f64): f32 {
  let largest = -Infinity;
  let i: usize = 0;
  do {
    let logit = scale * f64(load<f32>(x + i));
    if (isNaN(logit)) return NaN;
    largest = max(largest, logit);
    i += step;
  } while (i < end);
  return f32(largest);
}

export function settleInfinite(x: usize, y: usize, outer: u32, n: u32, inner: u32, scale: f64): void {
  let step = usize(inner) << 2;
  let block = usize(n) * step;
  do {
    let i: usize = 0;
    do {
      if (isNaN(load<f32>(y + i))) store<f32>(y + i, limit(x + i, block, step, scale));
      i += 4;
    } while (i < step);
    x += block;
    y += step;
  } while (--outer);
}
