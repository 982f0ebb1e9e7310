/** Shapes of rank 1 to 6; each is run along each of its axes. */
export const SHAPES: number[][] = [
  [7],
  [5, 12],
  [33, 4],
  [3, 10, 6],
  [2, 100, 9],
  [2, 3, 17, 16],
  [2, 3, 2, 5, 4],
  [2, 1, 3, 2, 5, 3],
];

/** Shapes with no elements; along axis 1. */
export const EMPTY_SHAPES: number[][] = [
  [0, 3],
  [3, 0],
  [2, 0, 4],
];
