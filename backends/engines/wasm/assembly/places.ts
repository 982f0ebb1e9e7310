// Where rows, and vectors of four rows side by side, begin in a tensor of [outer, n, inner]; in bytes.

/** Row (o, i) is number o · inner + i. */
export function rowOffset(row: u32, n: u32, inner: u32): usize {
  let o = row / inner;
  return (usize(o) * n * inner + (row - o * inner)) << 2;
}

/** How many vectors cover the rows of one block of `outer`; the last may overlap the one before. */
export function vectorsPerBlock(inner: u32): u32 {
  return (inner + 3) >> 2;
}

/** The vectors of all blocks are numbered through. */
export function vectorOffset(vector: u32, n: u32, inner: u32): usize {
  let perBlock = vectorsPerBlock(inner);
  let o = vector / perBlock;
  let i = min((vector - o * perBlock) << 2, inner - 4);
  return (usize(o) * n * inner + i) << 2;
}
