/** Numbers that follow from a seed: mulberry32, 32 random bits at a time. tfjs's and JavaScript's own are left alone. */
export class Random {
  private state: number;

  /** Different streams of one seed have nothing in common. */
  constructor(seed: number, ...stream: number[]) {
    this.state = seed | 0;
    for (const part of stream) this.state = Math.imul(this.bits() ^ part, 0x9e3779b1) | 0;
  }

  /** A sign, and a size in [0.75, 1.25): no element counts for little, and hardly two cancel. */
  weight(): number {
    const bits = this.bits();
    return Math.fround((bits & 1 ? 1 : -1) * (0.75 + (bits >>> 1) / 2 ** 32));
  }

  private bits(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
}
