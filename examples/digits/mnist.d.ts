/** The part of the package `mnist` used here: 10,000 real digits. */
declare module 'mnist' {
  const digits: Record<number, {raw: number[]}>;
  export default digits;
}
