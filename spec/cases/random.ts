/** Numbers that are the same in every run and on every host. */
export class Random {
  constructor(private state: number) {}

  /** Uniform on [low, high): mulberry32, 32 random bits. */
  uniform(low = 0, high = 1): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return low + (high - low) * (((t ^ (t >>> 14)) >>> 0) / 2 ** 32);
  }

  /** Normal with mean 0, by Box and Muller. */
  normal(sigma = 1): number {
    return sigma * Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** So many of these, as floats. */
  normals(length: number, sigma = 1): Float32Array {
    return Float32Array.from({length}, () => this.normal(sigma));
  }

  /** An integer in [low, high]. */
  integer(low: number, high: number): number {
    return Math.floor(this.uniform(low, high + 1));
  }
}
