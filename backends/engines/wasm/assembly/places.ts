// Where rows, and vectors of four rows side by side, begin in a tensor of [outer, n, inner]; in bytes.

/** Row (o, i) is number o · inner + i. */
export function rowOffset(row: u32, n: u32, inner: u32): usize {
  let o = row / inner;
  return (usize(o) * n * inner + (row - o * inner)) << 2;
}

/** How many vectors cover the rows in so many columns of one block of `outer`; the last may overlap the one before. */
export function vectorsPerBlock(columns: u32): u32 {
  return (columns + 3) >> 2;
}

/** The vectors of all blocks are numbered through, those in the first `columns` of `inner`. */
export function vectorOffset(vector: u32, n: u32, inner: u32, columns: u32): usize {
  let perBlock = vectorsPerBlock(columns);
  let o = vector / perBlock;
  let i = min((vector - o * perBlock) << 2, columns - 4);
  return (usize(o) * n * inner + i) << 2;
}
